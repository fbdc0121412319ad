import type { LimitState } from "../context.ts";
import type { Mode } from "../observe/report.ts";
import type { RouteFacts } from "../policies/policy.ts";
import type { AlgorithmName, Allowance } from "../stores/counters/counter-store.ts";
import { type Countable, type KeyPart, keyPart, type LimitKey, type LimitValue } from "./limit-key.ts";
import { wholeSeconds } from "./ratelimit-fields.ts";

/** A rate limit's options as checked: plain JSON. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
  readonly by?: readonly LimitKey[] | undefined;
  readonly name: string;
  readonly algorithm: AlgorithmName;
  readonly burst: number;
  readonly plans?: Readonly<Record<string, PlanLimit>> | undefined;
  readonly cost: number | LimitValue;
  readonly on: "request" | "authFailure";
  readonly count: "all" | "origin";
  readonly group?: string | undefined;
  readonly mode: Mode;
  readonly onStoreFailure: "allow" | "deny";
}

/** What callers on one plan may. */
export interface PlanLimit {
  readonly limit: number;
  readonly burst: number;
}

/** A limit of a route, ready to be asked for. */
export interface Limit {
  readonly name: string;
  /** What it allows, in words. */
  readonly rule: string;
  readonly allowance: Allowance;
  /** What it is for callers on these plans; undefined where it is the same for all. */
  readonly ofPlans: ReadonlyMap<string, Limit> | undefined;
  /** What every key of its counters begins with. */
  readonly prefix: string;
  readonly parts: readonly KeyPart[];
  /** Units that a request costs; undefined where it names no number that the limit could ever grant. */
  readonly cost: (ctx: Countable) => number | undefined;
  /** Where the request says so itself. */
  readonly costSource: LimitValue | undefined;
  /** Where on the road it is asked for: as soon as all is known that it counts by. */
  readonly place: "guard" | "limit" | "admit";
  /** `peek` where what counts has not happened yet. */
  readonly operation: "take" | "peek";
  /** What the `RateLimit` fields say of it beside its state; undefined where they do not show it. */
  readonly shown: Pick<LimitState, "name" | "limit" | "window"> | undefined;
  readonly mode: Mode;
  readonly onStoreFailure: "allow" | "deny";
}

/** What a limit counts by on a route. */
export function keysOf(
  { by, on, count }: Pick<RateLimit, "by" | "on" | "count">,
  { authenticates }: Pick<RouteFacts, "authenticates">,
): readonly LimitKey[] {
  if (by !== undefined) return by;
  if (count === "origin") return ["route"];
  return authenticates && on === "request" ? ["identity.id"] : ["address"];
}

/** Makes a limit of a route ready. One on failed authentications is made to be looked at: see {@link onceFailed}. */
export function makeLimit(options: RateLimit, route: Pick<RouteFacts, "id" | "authenticates">): Limit {
  const { limit, windowMs, algorithm, burst, plans, name, group, on, count, cost, mode, onStoreFailure } =
    options;
  const by = keysOf(options, route);
  const parts = by.map(keyPart);
  // Short, because it is hashed with every request. No group is called like a route.
  const owner = group === undefined ? [route.id, name] : [group];
  return {
    name,
    rule: ruleOf(options),
    allowance: { algorithm, limit, windowMs, burst },
    ofPlans:
      plans &&
      new Map(Object.entries(plans).map(([plan, units]) => [plan, ofPlan(plan, units, options, route)])),
    // JSON ends where it ends, so no prefix is the beginning of another's key.
    prefix: JSON.stringify([...owner, algorithm[0], windowMs, ...by]),
    parts,
    cost: typeof cost === "number" ? () => cost : costReader(cost, burst),
    costSource: typeof cost === "number" ? undefined : cost,
    place: count === "origin" ? "admit" : needsIdentity(options, parts) ? "limit" : "guard",
    operation: on === "authFailure" ? "peek" : "take",
    shown:
      mode === "enforce" && count === "all" ? { name, limit: burst, window: window(options) } : undefined,
    mode,
    onStoreFailure,
  };
}

/** A plan has counters of its own: what was counted under another allowance says nothing under this one. */
function ofPlan(
  plan: string,
  units: PlanLimit,
  options: RateLimit,
  route: Pick<RouteFacts, "id" | "authenticates">,
): Limit {
  const limit = makeLimit({ ...options, ...units, plans: undefined }, route);
  return { ...limit, prefix: JSON.stringify([limit.prefix, plan]), place: "limit" };
}

/** The limit as it is for who asks. */
export function limitFor(limit: Limit, ctx: Countable): Limit {
  if (limit.ofPlans === undefined) return limit;
  const plan = PLAN.read(ctx);
  return (plan === undefined ? undefined : limit.ofPlans.get(plan)) ?? limit;
}

const PLAN = keyPart("identity.plan");

/** The limit to take from once what it counts has happened. */
export function onceFailed(lookedAt: Limit): Limit {
  return { ...lookedAt, operation: "take" };
}

function needsIdentity({ cost, plans }: RateLimit, parts: readonly KeyPart[]): boolean {
  return (
    plans !== undefined ||
    parts.some((part) => part.needsIdentity) ||
    (typeof cost === "string" && keyPart(cost).needsIdentity)
  );
}

/** A request that does not say what it costs, costs one unit; one that says it twice may mean either to its origin. */
export function costReader(source: LimitValue, capacity: number): Limit["cost"] {
  const { read } = keyPart(source);
  const parameter = source.startsWith("query.") ? source.slice("query.".length) : undefined;
  return (ctx) => {
    const text = read(ctx);
    if (text === undefined) return 1;
    if (parameter !== undefined && ctx.scope().query.getAll(parameter).length > 1) return undefined;
    const cost = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
    return cost <= capacity ? cost : undefined;
  };
}

/**
 * The window in which the limit is there again in full. That of a bucket is the time in which it fills; one that fills
 * within a second has none that the field could tell in whole seconds.
 */
function window({ limit, windowMs, burst }: RateLimit): number | undefined {
  const ms = (burst * windowMs) / limit;
  return ms < 1_000 ? undefined : wholeSeconds(ms);
}

function ruleOf({ limit, windowMs, burst, on, cost }: RateLimit): string {
  const noun = on === "authFailure" ? "failed authentications" : cost === 1 ? "requests" : "units";
  const bursts = burst === limit ? "" : ` in bursts of ${burst}`;
  return `${limit} ${noun} per ${shortest(windowMs)}${bursts}`;
}

/** A window in its largest whole unit, such as `1m`. */
export function shortest(windowMs: number): string {
  for (const [unit, ms] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
  ] as const) {
    if (windowMs % ms === 0) return `${windowMs / ms}${unit}`;
  }
  return `${windowMs / 1_000}s`;
}
