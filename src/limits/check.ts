import type { RouteFacts } from "../policies/policy.ts";
import type { Reference } from "../references/template.ts";
import { keysOf, type RateLimit } from "./limit.ts";

/** What is wrong with a limit on a route, and what to write instead. */
interface Mistake {
  readonly path: readonly string[];
  readonly reason: string;
  readonly suggestion: string;
}

/** A reference of a limit's, and where it stands. */
interface Use {
  readonly path: readonly string[];
  readonly reference: Reference;
  /** Whether it is read right of the cut. */
  readonly keyed: boolean;
}

/** What is wrong with one limit on a route. Build only. */
export function check(limit: RateLimit, { authenticates }: Pick<RouteFacts, "authenticates">): Mistake[] {
  if (limit.on !== "authFailure") return [];
  if (!authenticates) {
    const reason = "nobody authenticates on a public route, so nobody can fail to";
    return [{ path: ["on"], reason, suggestion: "Give the route a credential as its access." }];
  }
  return (limit.by ?? []).flatMap((key, index) => {
    if (!key.startsWith("identity.")) return [];
    const reason = `"${key}" is not known of a request whose authentication fails`;
    const suggestion = 'Count by "address", a header field or a parameter.';
    return [{ path: ["by", String(index)], reason, suggestion }];
  });
}

/** What is wrong with several limits of one route together. Build only. */
export function checkAll(limits: readonly RateLimit[]): string[] {
  const groups = limits.flatMap(({ group = [] }) => group);
  return [
    ...repeated(limits.map(({ name }) => name)).map(
      (name) => `two limits are called "${name}": give each a \`name\` of its own`,
    ),
    ...repeated(groups).map(
      (group) => `two limits are of the group "${group}": one request would be counted twice`,
    ),
  ];
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** The references of `by` and `cost`, for the checks that all policies share. Build only. */
export function requestReferences({ by = [], cost, count }: RateLimit): Use[] {
  const keyed = count === "origin";
  const use = (path: readonly string[], source: string): Use[] => {
    const [root, ...rest] = source.split(".");
    return rest.length === 0 ? [] : [{ path, reference: [root!, ...rest] as const, keyed }];
  };
  return [
    ...by.flatMap((key, index) => use(["by", String(index)], key)),
    ...(typeof cost === "string" ? use(["cost"], cost) : []),
  ];
}

/** A route as the check over all routes sees it. */
interface LimitedRoute {
  readonly facts: Pick<RouteFacts, "id" | "authenticates">;
  readonly policies: ReadonlyArray<{ readonly name: string; readonly options: unknown }>;
}

/** What is wrong with limits in the light of the route's other policies, and of other routes. Build only. */
export function checkRoutes<Route extends LimitedRoute>(
  routes: readonly Route[],
): Array<Mistake & { readonly route: Route }> {
  const groups = new Map<string, { readonly terms: Terms; readonly id: string }>();
  return routes.flatMap((route) => {
    const { facts, policies } = route;
    const cached = policies.some(({ name }) => name === "cache");
    const limits = policies
      .filter(({ name }) => name === "rateLimit")
      .map(({ options }) => options as RateLimit);
    return limits.flatMap((limit) => {
      const mistakes: Array<Mistake & { readonly route: Route }> = [];
      const by = keysOf(limit, facts);
      if (cached && limit.count === "origin" && by.includes("address")) {
        mistakes.push({
          route,
          path: ["by"],
          reason: "the address decides nothing of what others are given, so it is not known behind the cache",
          suggestion: 'Count by "route" or what cache.key holds, or leave out count: "origin".',
        });
      }
      if (limit.group === undefined) return mistakes;
      const terms = termsOf(limit, by);
      const first = groups.get(limit.group);
      if (first === undefined) groups.set(limit.group, { terms, id: facts.id });
      const different = termNames.filter((name) => first !== undefined && first.terms[name] !== terms[name]);
      if (different.length > 0) {
        mistakes.push({
          route,
          path: ["group"],
          reason: `the group "${limit.group}" is another on ${first?.id}: they differ in ${different.join(", ")}`,
          suggestion: "Declare the limit once with rateLimit({…}) and use it on both.",
        });
      }
      return mistakes;
    });
  });
}

/** What the limits of a group agree in, as text. */
type Terms = Readonly<Record<(typeof termNames)[number], string>>;
const termNames = ["limit", "window", "algorithm", "burst", "by", "on"] as const;

function termsOf({ limit, windowMs, algorithm, burst, on }: RateLimit, by: readonly string[]): Terms {
  return {
    limit: String(limit),
    window: String(windowMs),
    algorithm,
    burst: String(burst),
    by: JSON.stringify(by),
    on,
  };
}
