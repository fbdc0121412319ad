import type { Concurrency } from "../../src/concurrency/limit.ts";
import { calledUpstreams } from "../../src/manifest/compiler/called-upstreams.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import type { CheckedMeter } from "../../src/metering/meter.ts";
import type { Mode } from "../../src/observe/report.ts";
import type { RateLimit } from "../../src/policies/limit/rate-limit.ts";
import type { CheckedQuota } from "../../src/quotas/quota.ts";

/** What may refuse a request of the route because there are too many, and what it is billed for. */
export function describeLimits(route: CheckedRoute): string {
  return [
    describeRateLimits(route),
    ...optionsOf<CheckedQuota<unknown>>(route, "quota").map(describeQuota),
    ...optionsOf<Concurrency>(route, "concurrency").map(describeConcurrency),
    ...describeUpstreams(route),
    ...describeShedding(route),
    ...optionsOf<CheckedMeter<unknown>>(route, "meter").map(describeMeter),
  ]
    .filter((text) => text !== "")
    .join("; ");
}

/** Options of the policies of one name. */
function optionsOf<Options>({ policies }: CheckedRoute, of: string): Options[] {
  return policies.filter(({ name }) => name === of).map(({ options }) => options as Options);
}

function describeRateLimits(route: CheckedRoute): string {
  const { facts } = route;
  return optionsOf<RateLimit>(route, "rateLimit")
    .map(({ limit, windowMs, plans = {}, mode, by = [facts.authenticates ? "identity.id" : "address"] }) => {
      const ofPlans = Object.entries(plans).map(([plan, units]) => [plan, units.limit] as const);
      return `${units(limit, ofPlans)}/${formatDuration(windowMs)} by ${by.join("+")}${onTrial(mode)}`;
    })
    .join(", ");
}

function describeQuota({ name, limit, plans = {}, per, by, mode }: CheckedQuota<unknown>): string {
  const whose = by === undefined ? "caller" : by.join("+");
  return `quota ${name} ${units(limit, Object.entries(plans))}/${per} by ${whose}${onTrial(mode)}`;
}

function describeConcurrency({ limit, plans = {}, by, scope, queue, mode }: Concurrency): string {
  const where = scope === "global" ? "" : " and isolate";
  const waiting = queue.size === 0 ? "" : `, ${queue.size} may wait ${formatDuration(queue.wait)}`;
  return `${units(limit, Object.entries(plans))} at once by ${by.join("+")}${where}${waiting}${onTrial(mode)}`;
}

/** How many at once the upstreams of a route take. */
function describeUpstreams({ action }: CheckedRoute): string[] {
  return [...new Set(calledUpstreams(action))].flatMap(({ name, options }) => {
    if (options.concurrency === undefined) return [];
    const { limit, scope, queue, mode } = options.concurrency;
    const where = scope === "global" ? "" : " from each isolate";
    const waiting = queue === undefined ? "" : `, ${queue.size} may wait ${queue.wait}`;
    return [`${limit} at once to ${name}${where}${waiting}${onTrial(mode)}`];
  });
}

/** Which upstreams may refuse, and whom first. */
function describeShedding(route: CheckedRoute): string[] {
  const upstreams = new Set(
    calledUpstreams(route.action).filter(({ options }) => options.shed !== undefined),
  );
  const [priority = "normal"] = optionsOf<string>(route, "priority");
  return [...upstreams].map(
    ({ name, options }) => `shed by ${name} as ${priority}${onTrial(options.shed?.mode)}`,
  );
}

function describeMeter({ event, value, prepaid, mode }: CheckedMeter<unknown>): string {
  const much = value === 1 ? "" : ` of ${value}`;
  return `meters ${event}${much}${prepaid === undefined ? "" : ", prepaid"}${onTrial(mode)}`;
}

function units(limit: number, plans: ReadonlyArray<readonly [plan: string, limit: number]>): string {
  return [limit, ...plans.map(([plan, own]) => `${plan} ${own}`)].join(", ");
}

function onTrial(mode: Mode | undefined): string {
  return mode === "report" ? " (on trial)" : "";
}

/** ms in the largest whole unit. */
export function formatDuration(ms: number): string {
  for (const [unit, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
  ] as const) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}
