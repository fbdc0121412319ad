import type { RouteFacts } from "../policies/policy.ts";
import { type KeyUse, keyReference, keyReferences, repeated } from "./check-keys.ts";
import { keysOf, type RateLimit } from "./limit.ts";

/** What is wrong with a limit on a route, and what to write instead. */
interface Mistake {
  readonly path: readonly string[];
  readonly reason: string;
  readonly suggestion: string;
}

/** A reference of a limit's. */
interface Use extends KeyUse {
  /** Whether it is read right of the cut. */
  readonly keyed: boolean;
}

/** What is wrong with one limit on a route. Build only. */
export function check(limit: RateLimit, facts: Pick<RouteFacts, "authenticates">): Mistake[] {
  const { authenticates } = facts;
  for (const [key, what] of [
    ["plans", "has a plan"],
    ["consumers", "is one of these"],
  ] as const) {
    if (limit[key] === undefined || authenticates) continue;
    const reason = `nobody authenticates on a public route, so nobody ${what}`;
    return [{ path: [key], reason, suggestion: "Give the route a credential as its access." }];
  }
  if (limit.absent === "refuse" && keysOf(limit, facts).every((key) => key === "route")) {
    const reason = "the limit counts by the route alone, which no request lacks";
    return [
      { path: ["absent"], reason, suggestion: "Leave it out, or name in `by` what tells callers apart." },
    ];
  }
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

/** The references of `by` and `cost`, for the checks that all policies share. Build only. */
export function requestReferences({ by = [], cost, count }: RateLimit): Use[] {
  const keyed = count === "origin";
  const uses = [
    ...keyReferences("by", by),
    ...(typeof cost === "string" ? keyReference(["cost"], cost) : []),
  ];
  return uses.map((use) => ({ ...use, keyed }));
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
  const counters: Counters = new Map();
  return routes.flatMap((route) => {
    const { facts, policies } = route;
    const cached = policies.some(({ name }) => name === "cache");
    const limits = policies.filter(({ name }) => name === "rateLimit");
    return limits
      .map(({ options }) => options as RateLimit)
      .flatMap((limit) => {
        const by = keysOf(limit, facts);
        return [
          ...(cached ? besideCache(limit, by) : []),
          ...besideHeaders(limit, policies),
          ...besideOthers(limit, by, facts, counters),
        ];
      })
      .map((mistake) => ({ ...mistake, route }));
  });
}

function besideCache({ count }: RateLimit, by: readonly string[]): Mistake[] {
  if (count !== "origin" || !by.includes("address")) return [];
  const reason = "the address decides nothing of what others are given, so it is not known behind the cache";
  const suggestion = 'Count by "route" or what cache.key holds, or leave out count: "origin".';
  return [{ path: ["by"], reason, suggestion }];
}

/** What of the `headers` policy changes answers before a caller's limit reads them. */
interface AnswerChanges {
  readonly response: { readonly remove: readonly string[]; readonly set: object };
}

function besideHeaders({ cost, count }: RateLimit, policies: LimitedRoute["policies"]): Mistake[] {
  if (typeof cost !== "object" || count === "origin") return [];
  const field = cost.response.slice("headers.".length).toLowerCase();
  const changed = policies
    .filter(({ name }) => name === "headers")
    .map(({ options }) => (options as AnswerChanges).response)
    .some(({ remove, set }) => [...remove, ...Object.keys(set)].some((name) => name.toLowerCase() === field));
  if (!changed) return [];
  const reason = "`headers` changes that field before the limit reads it";
  return [{ path: ["cost", "response"], reason, suggestion: "Take it away in hooks.response." }];
}

/** By what names a counter: the terms of the first limit that counts in it, and its route. */
type Counters = Map<string, { readonly terms: Terms; readonly id: string }>;

/** Limits of a group count together, and so do those of one name on the variants of a route. */
function besideOthers(
  limit: RateLimit,
  by: readonly string[],
  { id }: LimitedRoute["facts"],
  counters: Counters,
): Mistake[] {
  const { group, name } = limit;
  const terms = termsOf(limit, by);
  // No group begins with a bracket.
  const counter = group ?? JSON.stringify([id, name, terms.window, terms.algorithm, terms.by]);
  const first = counters.get(counter);
  if (first === undefined) counters.set(counter, { terms, id });
  const different = termNames.filter((term) => first !== undefined && first.terms[term] !== terms[term]);
  if (different.length === 0) return [];
  const difference = `they differ in ${different.join(", ")}`;
  if (group === undefined) {
    const reason = `it counts together with "${name}" on another variant of ${id}: ${difference}`;
    return [{ path: ["name"], reason, suggestion: "Give each a `name` of its own." }];
  }
  const reason = `the group "${group}" is another on ${first?.id}: ${difference}`;
  const suggestion = "Declare the limit once with rateLimit({…}) and use it on both.";
  return [{ path: ["group"], reason, suggestion }];
}

/** What limits that count together agree in, as text. */
type Terms = Readonly<Record<(typeof termNames)[number], string>>;
const termNames = [
  "limit",
  "window",
  "algorithm",
  "burst",
  "plans",
  "consumers",
  "by",
  "on",
  "counting",
  "slack",
  "penalty",
] as const;

function termsOf(
  {
    limit,
    windowMs,
    algorithm,
    burst,
    plans = {},
    consumers = {},
    on,
    counting,
    slack = 0,
    penalty,
  }: RateLimit,
  by: readonly string[],
): Terms {
  return {
    limit: String(limit),
    window: String(windowMs),
    algorithm,
    burst: String(burst),
    plans: JSON.stringify(Object.entries(plans).toSorted()),
    consumers: JSON.stringify(Object.entries(consumers).toSorted()),
    by: JSON.stringify(by),
    on,
    counting,
    slack: String(slack),
    penalty: JSON.stringify(penalty ?? null),
  };
}
