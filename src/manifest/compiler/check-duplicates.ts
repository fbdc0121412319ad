import { foldPattern, type PathPolicy } from "../../match/path-policy.ts";
import type { BodyTest } from "../../match/when.ts";
import type { CheckedRoute } from "./check-routes.ts";
import type { CompiledWhen } from "./check-when.ts";

/**
 * Reports routes that no request can reach, and variants of one route whose order nobody has fixed. Routes of one
 * method, host and path shape meet the same requests but for their `when`. Paths are not told apart by the names of
 * parameters, nor by case or a trailing slash where `paths` makes nothing of them.
 */
export function checkDuplicates(routes: readonly CheckedRoute[], paths: PathPolicy): void {
  const shapes = new Map<string, CheckedRoute[]>();
  for (const route of routes) {
    const key = shapeOf(route, paths);
    const earlier = shapes.get(key);
    if (earlier === undefined) shapes.set(key, [route]);
    else {
      checkVariant(route, earlier);
      earlier.push(route);
    }
  }
}

function shapeOf({ pattern, when }: CheckedRoute, paths: PathPolicy): string {
  const segments = foldPattern(pattern, paths).segments.map((segment) => {
    if (segment.kind === "static") return `=${segment.text}`;
    return segment.kind === "rest" ? "*" : `:{${segment.pattern ?? ""}}`;
  });
  return JSON.stringify([pattern.method, when?.host ?? "", ...segments]);
}

function checkVariant(route: CheckedRoute, earlier: readonly CheckedRoute[]): void {
  const first = earlier.find((other) => covers(other.when ?? {}, route.when ?? {}));
  if (first !== undefined) {
    const condition =
      Object.keys(first.when ?? {}).length === 0
        ? "has no `when`"
        : "has a `when` that always holds with its own";
    if (Array.isArray(route.variants) && first.variants === route.variants) {
      route.place.add(
        `can never be met: a variant before it ${condition}`,
        "Variants are tried in their order: put this one first, or remove it.",
      );
      return;
    }
    const same = first.id === route.id ? "is declared twice" : `meets the same requests as ${first.id}`;
    const where = first.place.file === route.place.file ? "" : ` in ${first.place.file}`;
    route.place.add(
      `can never be met: it ${same}${where}, and the first ${condition}`,
      "Remove one, or tell them apart with `when` in one list.",
    );
    return;
  }
  const elsewhere = earlier.find((other) => other.variants !== route.variants);
  if (elsewhere === undefined) return;
  route.place.add(
    `meets the same requests as ${elsewhere.id} in ${elsewhere.place.file}: nothing says which of the two is tried first`,
    "Write the variants of a route as one list.",
  );
}

/** Whether the first `when` holds whenever the second does. Hosts are equal already. */
function covers(first: CompiledWhen, second: CompiledWhen): boolean {
  if (!(first.body ?? []).every((test) => second.body?.some((other) => implies(other, test)))) return false;
  if (first.content !== undefined && first.content !== second.content) return false;
  return (["header", "query", "cookie"] as const).every((part) => {
    const wanted = Object.entries(first[part] ?? {});
    return wanted.every(([name, value]) => {
      const given = second[part]?.[name];
      return given !== undefined && (value === true || value === given);
    });
  });
}

/** Whether a body that is as `given` asks is as `wanted` asks too. */
function implies(given: BodyTest, wanted: BodyTest): boolean {
  const samePath = JSON.stringify(given[0]) === JSON.stringify(wanted[0]);
  return samePath && (wanted.length === 1 || (given.length === 2 && given[1] === wanted[1]));
}
