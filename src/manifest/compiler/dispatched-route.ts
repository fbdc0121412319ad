import type { CompiledCompose } from "../../actions/compose/compiled.ts";
import { overlaps } from "../../match/compare-patterns.ts";
import type { PathPolicy } from "../../match/path-policy.ts";
import { type PathPattern, parsePathPattern } from "../../match/pattern.ts";
import { createRouter, type Router } from "../../match/router.ts";
import { buildTrie } from "../../match/trie.ts";
import type { Template } from "../../references/template.ts";
import type { CheckedRoute } from "./check-routes.ts";

/** A route that a step calls. */
export interface Dispatched {
  readonly route: CheckedRoute;
  /** False where it depends on what a reference becomes. */
  readonly certain: boolean;
}

type Step = CompiledCompose["steps"][number];

/** Finds the route that a composed step calls: undefined for one that calls an upstream, or what is not there. */
export function dispatchedRoutes(
  routes: readonly CheckedRoute[],
  paths: PathPolicy,
): (step: Step) => Dispatched | undefined {
  let router: Router | undefined;
  return ({ path, method, upstream }) => {
    if (upstream !== undefined) return undefined;
    router ??= createRouter(
      buildTrie(
        routes.map(({ pattern }, index) => ({ pattern, index })),
        paths,
      ),
    );
    const example = path.template.map((part) => (typeof part === "string" ? part : "x")).join("");
    const met = router.match("", method, withoutQuery(example));
    if (met.kind === "found") return { route: routes[met.route]!, certain: true };
    const called = patternOf(path);
    const route =
      called &&
      routes.find(
        ({ pattern }) => [method, "ANY"].includes(pattern.method) && overlaps(called, pattern, paths),
      );
    return route && { route, certain: false };
  };
}

/** Each segment with a reference is a parameter; `{params.*}` may be several segments, and ends what is known. */
function patternOf({ template }: Template): PathPattern | undefined {
  const texts = template.map((part) => (typeof part === "string" ? part : part[1] === "*" ? "\0*" : "\0"));
  const path: string[] = [];
  for (const [index, segment] of withoutQuery(texts.join("")).split("/").entries()) {
    if (segment.includes("\0*")) {
      path.push("*");
      break;
    }
    path.push(segment.includes("\0") ? `:part${index}` : segment);
  }
  const pattern = parsePathPattern(path.join("/"));
  return "error" in pattern ? undefined : pattern;
}

function withoutQuery(target: string): string {
  return target.split("?")[0]!;
}
