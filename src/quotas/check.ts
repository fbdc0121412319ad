import { type KeyUse, keyReference, keyReferences, repeated } from "../limits/check-keys.ts";
import type { RouteFacts } from "../policies/policy.ts";
import type { CheckedQuota } from "./quota.ts";
import { CALLER } from "./quota-key.ts";

type Checked = CheckedQuota<unknown>;

/** What is wrong with a quota on a route, and what to write instead. */
interface Mistake {
  readonly path: readonly string[];
  readonly reason: string;
  readonly suggestion: string;
}

/** What is wrong with one quota on a route. Build only. */
export function check(quota: Checked, { authenticates }: Pick<RouteFacts, "authenticates">): Mistake[] {
  if (authenticates) return [];
  const suggestion = "Give the route a credential as its access.";
  if (quota.by === undefined) {
    const reason = "nobody authenticates on a public route, so there is nobody to count";
    return [{ path: ["by"], reason, suggestion: 'Count by "address" or "route", or give it a credential.' }];
  }
  return (["plans", "anchor"] as const)
    .filter((key) => quota[key] !== undefined)
    .map((key) => ({
      path: [key],
      reason: "nobody authenticates on a public route, so nothing is known of who calls",
      suggestion,
    }));
}

/** What is wrong with several quotas of one route together. Build only. */
export function checkAll(quotas: readonly Checked[]): string[] {
  return repeated(quotas.map(({ name }) => name)).map(
    (name) => `two quotas are called "${name}": one request would be counted twice`,
  );
}

/** The references of `by`, `cost` and `anchor`, for the checks that all policies share. Build only. */
export function requestReferences({ by = [], cost, anchor }: Checked): KeyUse[] {
  return [
    ...keyReferences("by", by),
    ...(typeof cost === "string" ? keyReference(["cost"], cost) : []),
    ...(anchor === undefined ? [] : keyReference(["anchor"], anchor)),
  ];
}

/** A route as the check over all routes sees it. */
interface QuotaRoute {
  readonly facts: Pick<RouteFacts, "id">;
  readonly policies: ReadonlyArray<{ readonly name: string; readonly options: unknown }>;
}

/** Quotas of one name count together, so they must be the same in all that this depends on. Build only. */
export function checkRoutes<Route extends QuotaRoute>(
  routes: readonly Route[],
): Array<Mistake & { readonly route: Route }> {
  const first = new Map<string, { readonly terms: Terms; readonly id: string }>();
  return routes.flatMap((route) =>
    route.policies
      .filter(({ name }) => name === "quota")
      .flatMap(({ options }) => {
        const quota = options as Checked;
        const terms = termsOf(quota);
        const known = first.get(quota.name);
        if (known === undefined) first.set(quota.name, { terms, id: route.facts.id });
        const different = TERMS.filter((term) => known !== undefined && known.terms[term] !== terms[term]);
        if (different.length === 0) return [];
        const reason = `the quota "${quota.name}" is another on ${known?.id}: they differ in ${different.join(", ")}`;
        const suggestion =
          "Declare the quota once with quota({…}) and use it on both, or give it another name.";
        return [{ path: ["name"], reason, suggestion, route }];
      }),
  );
}

const TERMS = ["limit", "period", "anchor", "plans", "by"] as const;
type Terms = Readonly<Record<(typeof TERMS)[number], string>>;

function termsOf({ limit, calendar, anchor, plans = {}, by = CALLER }: Checked): Terms {
  return {
    limit: String(limit),
    period: JSON.stringify(calendar),
    anchor: anchor ?? "",
    plans: JSON.stringify(Object.entries(plans).toSorted()),
    by: JSON.stringify(by),
  };
}
