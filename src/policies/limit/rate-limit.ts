import type { KeyedContext, RequestContext } from "../../context.ts";
import type { Refusal } from "../../errors/refusal.ts";
import { type Attempt, isRefused, type Limited, type LimitTools } from "../../limits/attempt.ts";
import { type Limit, makeLimit, onceFailed, type RateLimit } from "../../limits/limit.ts";
import type { LimitKey, LimitValue } from "../../limits/limit-key.ts";
import { addRateLimitFields } from "../../limits/ratelimit-fields.ts";
import { isOfLimits } from "../../limits/refusals.ts";
import { release } from "../../limits/release.ts";
import { reserve } from "../../limits/reserve.ts";
import type { Mode } from "../../observe/report.ts";
import type { AlgorithmName } from "../../stores/counters/counter-store.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

export { check, checkAll, checkRoutes, requestReferences } from "../../limits/check.ts";
export type { RateLimit } from "../../limits/limit.ts";
export { rateLimitSchema as options } from "../../limits/schema.ts";

/**
 * A rate limit: so many requests per caller and window. A route may have a list of them, and takes from all or from
 * none: a request that one of them refuses consumes nothing of the others. What is refused for another reason, such as
 * a 403, was a request all the same. Refusals are 429 with `Retry-After`.
 */
export interface RateLimitOptions {
  /** Units per window and caller: 1 to 100 million. A request is one unit unless `cost` says otherwise. */
  readonly limit: number;
  /** Window: whole seconds from `"1s"` to `"1d"`. */
  readonly window: string;
  /**
   * What callers are told apart by: one value, or up to five together; callers without the value share one counter.
   * Default `["identity.id"]` on routes that authenticate, else `["address"]`; with `on: "authFailure"` `["address"]`,
   * with `count: "origin"` `["route"]`. A limit that names nothing of the identity stands before authentication. Of a
   * query parameter that is given twice the first value counts.
   */
  readonly by?: readonly LimitKey[];
  /**
   * The limit's name in the `RateLimit` fields and in its counter. Default: its `group`, or else one such as
   * `60-per-1m`. Two limits of one route need different names.
   */
  readonly name?: string;
  /**
   * How units are counted. Default `slidingWindow`: the window looks back from now, the previous one of the clock
   * weighing by the share that it still covers. `fixedWindow`: windows of the clock, in UTC; each begins with the whole
   * limit. `tokenBucket`: `limit` tokens a window flow in steadily, and up to `burst` of them are kept.
   */
  readonly algorithm?: AlgorithmName;
  /**
   * Tokens that a full bucket holds, so how many requests may come at once: 1 to 100 million, and no more than flow in
   * within 30 days. Default: `limit`. For `tokenBucket` alone.
   */
  readonly burst?: number;
  /**
   * What callers on a plan (`identity.plan`) may instead of `limit` and `burst`: units per window, or both. Who is on none
   * of these has the `limit`. A plan has counters of its own, so a change of plan begins anew. For routes that
   * authenticate.
   */
  readonly plans?: Readonly<Record<string, number | PlanUnits>>;
  /**
   * Units that a request costs: a whole number from 1 to the most that there can be, or where the request says it, such
   * as `"query.count"`. One that does not say costs one unit; what is no such number, or said twice, is refused with
   * 400. Default 1.
   */
  readonly cost?: number | LimitValue;
  /**
   * What is counted. Default `request`. `authFailure`: credentials that did not hold (401), not missing ones, and not
   * rights that are lacking (403). Expired tokens are among them, so leave room for clients that renew theirs late. Who
   * has used the limit up is refused with 429 before anything is looked at. Nothing of the identity can be in `by`.
   *
   * A failure is counted before it is told, so no more than `limit` of them are ever told in a window, however many come
   * at once: the others get 429 like all that follow. Nothing is reserved while a credential is being looked at: it would
   * turn away good callers who send several requests at once, and cost a second call for each. So of credentials that
   * arrive in the very same moment all are looked at, and a right one among them is let in; how many can arrive so is
   * for a limit on requests to say.
   */
  readonly on?: "request" | "authFailure";
  /**
   * Default `all`. `origin`: only requests that the cache cannot answer and that so go on to the origin, its background
   * refreshes included. On a cached route such a limit counts by what the cache key holds and nothing else; one that
   * refuses gives way to a stored response within its `staleIfError`. It protects the origin and says little of one
   * caller, so the `RateLimit` fields do not show it.
   */
  readonly count?: "all" | "origin";
  /**
   * One counter for all routes whose limit names the same group, which agree in everything but `cost`, `name`, `count`,
   * `mode` and `onStoreFailure`. Default: each route counts for itself, its variants (`when`) together.
   */
  readonly group?: string;
  /**
   * `report`: refuses nobody; the access log says whom it would have. It counts like any other, and the `RateLimit`
   * fields do not show it. Default `enforce`.
   */
  readonly mode?: Mode;
  /** When the counters cannot be reached in time: `deny` (default) answers 503, `allow` lets requests through. */
  readonly onStoreFailure?: "allow" | "deny";
}

/** What callers on a plan may. */
export interface PlanUnits {
  /** Units per window and caller: as the limit's own. */
  readonly limit: number;
  /** Tokens that a full bucket holds. Default: `limit`. For `tokenBucket` alone. */
  readonly burst?: number;
}

/** A route may have several limits; `create` makes them as one. */
export const repeatable = true;
export const uses = ["counters"] as const;

/** All the limits of a route. */
export function create(
  options: Resolved<readonly RateLimit[]>,
  { deps, route }: Pick<Tools, "deps" | "route">,
): Policy {
  const limits = options.map((each) => makeLimit(each, route));
  const at = (place: Limit["place"]) => limits.filter((limit) => limit.place === place);
  const [guard, limit, admit] = [at("guard"), at("limit"), at("admit")];
  const failures = limits.filter(({ operation }) => operation === "peek").map(onceFailed);

  // What one place has given may have to be given back when another refuses.
  const places = [guard, limit, admit, failures].filter(({ length }) => length > 0).length;
  const holds = places > 1 || route.limitedFurther === true;
  const taken = new WeakMap<Limited, readonly Attempt[]>();
  const hold: LimitTools["hold"] = (attempts, ctx) => {
    taken.set(ctx, [...(taken.get(ctx) ?? []), ...attempts]);
  };
  const { counters, log, now } = deps;
  const last: LimitTools = { counters, log, now };
  const tools: LimitTools = { ...last, hold: holds ? hold : undefined };

  async function error(ctx: RequestContext, refusal: Refusal): Promise<Refusal | undefined> {
    const held = taken.get(ctx) ?? [];
    // What is on trial and had no room when it was looked at has been reported.
    const reported = held.filter(isRefused).map((each) => each.limit.name);
    const failed = refusal.code === "credential-invalid";
    const due = failed ? failures.filter(({ name }) => !reported.includes(name)) : [];
    const instead = due.length > 0 ? await reserve(due, ctx, last) : undefined;
    if (isOfLimits(instead ?? refusal)) {
      release(held, ctx, last);
      taken.delete(ctx);
    }
    return instead;
  }

  function finalise(ctx: RequestContext, headers: Headers): void {
    if (ctx.limits !== undefined) addRateLimitFields(headers, ctx.limits);
  }

  return {
    ...(guard.length > 0 && { guard: (ctx: RequestContext) => reserve(guard, ctx, tools) }),
    ...(limit.length > 0 && { limit: (ctx: RequestContext) => reserve(limit, ctx, tools) }),
    ...(admit.length > 0 && { admit: (ctx: KeyedContext) => reserve(admit, ctx, last) }),
    ...(holds && { error }),
    ...(limits.some(({ shown }) => shown !== undefined) && { finalise }),
  };
}
