import { Refusal } from "../../src/errors/refusal.ts";
import { type Asked, requestOf } from "../../src/explain/asked.ts";
import type { Redactor } from "../../src/explain/redact.ts";
import type { CheckedManifest } from "../../src/manifest/compiler/check.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import type { Finding } from "../../src/manifest/compiler/finding.ts";
import { compareSpecificity } from "../../src/match/compare-patterns.ts";
import { normalisePath } from "../../src/match/normalise.ts";
import { createRouter } from "../../src/match/router.ts";
import { splitTarget, type Target, validateSearch } from "../../src/match/target.ts";
import { buildTrie } from "../../src/match/trie.ts";
import { accepts, acceptsBody, bringsJson, mayAccept } from "../../src/match/when.ts";
import { type AskedRoute, type Miss, whyNot } from "../../src/match/why-not.ts";
import { nearestRoutes } from "./nearest.ts";
import { redactMiss } from "./redact-miss.ts";

/** A route whose path fits, and what came of it. */
export interface Candidate {
  readonly route: CheckedRoute;
  /** `beaten`: it would do as well, but another one is tried before it. */
  readonly outcome: "met" | "beaten" | Miss;
}

/** How the route of a request is found. */
export interface Matching {
  /** Undefined where the request's URL could not even be taken apart. */
  readonly target: (Target & { readonly path: string }) | undefined;
  readonly refusal: Refusal | undefined;
  readonly met: CheckedRoute | undefined;
  /** Methods that the path takes, where the request's is none of them. */
  readonly allow: readonly string[] | undefined;
  /** The route that a preflight asks about. */
  readonly preflight: CheckedRoute | undefined;
  /** In the order in which they are tried. */
  readonly candidates: readonly Candidate[];
  /** Where no path fits: routes that may have been meant. */
  readonly nearest: readonly CheckedRoute[];
}

const NOTHING = {
  target: undefined,
  refusal: undefined,
  met: undefined,
  allow: undefined,
  preflight: undefined,
  candidates: [],
  nearest: [],
} as const satisfies Matching;

/** Finds a request's route the way the gateway does, and says of every other whose path fits why it is not met. */
export function explainMatching(
  { routes, options }: CheckedManifest,
  asked: Asked,
  redactor: Redactor,
): Matching {
  const split = splitTarget(asked.url);
  if (split instanceof Refusal) return { ...NOTHING, refusal: split };
  const path = normalisePath(split.rawPath);
  if (path instanceof Refusal)
    return { ...NOTHING, target: { ...split, path: split.rawPath }, refusal: path };
  const target = { ...split, path };
  const malformed = validateSearch(split.search);
  if (malformed !== undefined) return { ...NOTHING, target, refusal: malformed };
  const request = requestOf(asked, "");
  if (typeof request === "string") return { ...NOTHING, target };

  const json = bringsJson(request) ? parsed(asked.body) : undefined;
  const query = new URLSearchParams(split.search);
  const question: AskedRoute = { request, query, host: split.host, method: asked.method, path, json };
  const entries = routes.map(({ pattern, when }, index) => {
    const host = when?.host;
    return { pattern, index, ...(host !== undefined && { host }) };
  });
  const router = createRouter(buildTrie(entries, options.paths));
  const match = router.match(split.host, asked.method, path, (index) => {
    const { when } = routes[index]!;
    return accepts(when, question) && acceptsBody(when, json);
  });
  const met = match.kind === "found" ? routes[match.route] : undefined;
  const candidates = routes.flatMap((route): Candidate[] => {
    if (route === met) return [{ route, outcome: "met" }];
    const miss = whyNot(route, question, options.paths);
    return miss?.predicate === "path"
      ? []
      : [{ route, outcome: miss === undefined ? "beaten" : redactMiss(miss, redactor) }];
  });
  const wanted = asked.method === "OPTIONS" ? request.headers.get("access-control-request-method") : null;
  const preflight =
    wanted === null || met !== undefined
      ? undefined
      : router.match(split.host, wanted, path, (index) => mayAccept(routes[index]!.when, question));
  return {
    ...NOTHING,
    target,
    met,
    allow: match.kind === "method" ? match.allow : undefined,
    preflight: preflight?.kind === "found" ? routes[preflight.route] : undefined,
    candidates: candidates.toSorted((a, b) => compareCandidates(a.route, b.route)),
    nearest: candidates.length > 0 ? [] : nearestRoutes(routes, path),
  };
}

/** A route's name among its like: variants of one key are numbered. */
export function nameOf(route: CheckedRoute, routes: readonly CheckedRoute[]): string {
  const variants = routes.filter(({ id, variants }) => id === route.id && variants === route.variants);
  return variants.length > 1 ? `${route.id}  variant ${variants.indexOf(route) + 1}` : route.id;
}

/** Where a route is written, such as `orders.ts  POST /orders → 1`. */
export function placeOf({ place }: CheckedRoute): string {
  const found: Finding[] = [];
  place.into(found).add("");
  const { file, path } = found[0]!;
  return `${file}  ${path}`;
}

function parsed(body: string | undefined): unknown {
  try {
    return body === undefined ? undefined : JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Hosts by name, then by the longest wildcard, then none; then paths; then methods of their own before ANY. */
function compareCandidates(a: CheckedRoute, b: CheckedRoute): number {
  return (
    hostRank(a) - hostRank(b) ||
    compareSpecificity(a.pattern, b.pattern) ||
    Number(a.pattern.method === "ANY") - Number(b.pattern.method === "ANY")
  );
}

function hostRank({ when }: CheckedRoute): number {
  const host = when?.host;
  if (host === undefined) return 1;
  return host.startsWith("*.") ? -host.length : -1_000;
}
