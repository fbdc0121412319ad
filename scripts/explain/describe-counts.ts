import { type Concurrency, placeOf } from "../../src/concurrency/limit.ts";
import type { TracedCounts, TracedCredit, TracedEvent, TracedQuota } from "../../src/explain/traced.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import type { CheckedQuota } from "../../src/quotas/quota.ts";

/** What was counted of a request, one line each. @param route undefined where it is not this manifest that ran */
export function describeCounts(
  { quotas = [], credits = [], metered = [] }: Partial<TracedCounts>,
  route: CheckedRoute | undefined,
  offline: boolean,
): string[] {
  const empty = offline ? " (its counter is empty here)" : "";
  return [
    ...quotas.map((quota) => describeQuota(quota, route) + empty),
    ...credits.map((credit) => (offline ? "credit: everybody has enough here" : describeCredit(credit))),
    ...metered.map(({ event, value }) => `counts ${value} ${event}${offline ? ", but not here" : ""}`),
  ];
}

function describeQuota({ name, limit, used, allowed, until }: TracedQuota, route: CheckedRoute | undefined) {
  const quotas = (route?.policies ?? [])
    .filter((policy) => policy.name === "quota")
    .map(({ options }) => options as CheckedQuota<unknown>);
  const declared = quotas.find((quota) => quota.name === name);
  const by = declared === undefined ? "" : ` by ${declared.by?.join(" and ") ?? "caller"}`;
  const left = `${Math.max(0, limit - used)} left`;
  return `${name}${by}: ${used} of ${limit} used, ${allowed ? left : `${left}: too few`}, until ${until}`;
}

function describeCredit({ units, granted, balance, reserved }: TracedCredit): string {
  const state = `a balance of ${balance}, of which ${reserved} is reserved`;
  return granted ? `credit: reserves ${units}; ${state}` : `credit: no ${units} left; ${state}`;
}

/** Limits of what goes on at once that stand at this place, where all that they have to tell is what they are. */
export function describeConcurrency({ phase }: TracedEvent, route: CheckedRoute | undefined): string {
  const limits = (route?.policies ?? [])
    .filter(({ name }) => name === "concurrency")
    .map(({ options }) => options as Concurrency)
    .filter((options) => placeOf(options) === phase);
  const told = limits.map(({ name, limit, by, scope }) => {
    const where = scope === "global" ? "" : " and isolate";
    return `${name} by ${by.join(" and ")}${where}: one of ${limit}`;
  });
  return told.length === 0 ? "passes" : told.join("\n");
}
