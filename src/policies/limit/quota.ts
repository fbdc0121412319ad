import type { RequestContext } from "../../context.ts";
import type { Refusal } from "../../errors/refusal.ts";
import type { LimitKey, LimitValue } from "../../limits/limit-key.ts";
import { isOfLimits } from "../../limits/refusals.ts";
import type { Mode } from "../../observe/report.ts";
import { type QuotaAttempt, type QuotaTools, release } from "../../quotas/attempt.ts";
import { addQuotaFields } from "../../quotas/fields.ts";
import { type CheckedQuota, makeQuota } from "../../quotas/quota.ts";
import { givenBack, reserve } from "../../quotas/reserve.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { Policy, Resolved } from "../policy.ts";

export { check, checkAll, checkRoutes, requestReferences } from "../../quotas/check.ts";
export { quotaSchema as options } from "../../quotas/schema.ts";

/**
 * A quota: so many requests per caller and day, week, month or billing period, exact and durable. Routes that name the
 * same quota count together. A request goes on once it is written down, which costs a call to a Durable Object and a
 * row each time; so no request that was let through is ever uncounted, whatever crashes. What another limit refuses
 * consumes nothing; what is refused for another reason, such as a 404, was a request all the same. Refusals are 429 with
 * `Retry-After`, which tells the end of the period, however far that is.
 */
export interface QuotaOptions {
  /**
   * The quota's name: in the `RateLimit` fields, in usage and admin API, and of its counters. All routes that name it share
   * one counter per caller, and agree in everything but `cost`, `warnAt`, `warnTo`, `mode` and `onStoreFailure`.
   */
  readonly name: string;
  /** Units per period and caller: 1 to 10¹². A request is one unit unless `cost` says otherwise. */
  readonly limit: number;
  /**
   * Periods of the calendar, from midnight to midnight: `day`; `week`, from Monday on; `month`, from the first on; or
   * so many days, 1 to 366. A period that has begun ends when it was going to: what is changed here or in a caller's
   * claims counts from its next one on. So a quota that goes from months to days wants another name.
   */
  readonly period: "day" | "week" | "month" | QuotaDays;
  /** Whose midnight it is: an IANA name such as `"Europe/Berlin"`. Default `"UTC"`. */
  readonly timeZone?: string;
  /**
   * Where periods begin: a date on which one does, such as `"2026-01-15"`; for months also a day of the month. In a month
   * that has no such day they begin on its last. Or a claim that says it of each caller, such as
   * `"identity.claims.billing_start"`; who has none, or one that is no such day, has periods as without an anchor. `{ days }` must
   * have one; without it weeks begin on Monday and months on the first.
   */
  readonly anchor?: number | string;
  /**
   * What callers are told apart by: one value, or up to five together; callers without the value share one counter.
   * Default: the registered consumer that the credential belongs to (`identity.consumer`), else `identity.id`.
   */
  readonly by?: readonly LimitKey[];
  /**
   * Units that a request costs: a whole number from 1 to the limit, or where the request says it, such as `"query.count"`.
   * One that does not say costs one unit; what is no such number, or said twice, is refused with 400. Default 1.
   */
  readonly cost?: number | LimitValue;
  /**
   * What callers on a plan (`identity.plan`) may instead of `limit`. There is one counter whatever the plan: who changes it
   * has what is left of the new one. For routes that authenticate.
   */
  readonly plans?: Readonly<Record<string, number>>;
  /**
   * Shares of the limit, such as `[0.8, 0.95]`, from which on answers say in `Quota-Warning` how much is used:
   * `"monthly";used=0.83;at=0.8`. With three decimals at most, and up to ten of them.
   */
  readonly warnAt?: readonly number[];
  /**
   * Who is told, once for each caller, period and share of `warnAt`. It is written down with the request that passes the
   * share, and sent as a `POST` of JSON with an `Idempotency-Key` until the answer is a 2xx: after one second, then
   * after twice as long each time, up to an hour, for three days. So it may arrive more than once.
   */
  readonly warnTo?: {
    /** The upstream that is told. What it is declared to present, such as a signature, it is sent with. */
    readonly upstream: UpstreamDeclaration;
    /** Path below its origin, such as `/hooks/quota`. */
    readonly path: string;
  };
  /**
   * `report`: refuses nobody; the access log says whom it would have. It counts up to its limit like any other, and the
   * answer's fields do not show it. Default `enforce`.
   */
  readonly mode?: Mode;
  /** When the counter cannot be reached in time: `deny` (default) answers 503, `allow` lets requests through uncounted. */
  readonly onStoreFailure?: "allow" | "deny";
}

/** A period of days. */
export interface QuotaDays {
  /** How many: 1 to 366. */
  readonly days: number;
}

/** A route may have several quotas; `create` makes them as one. */
export const repeatable = true;
export const uses = ["quotas"] as const;

/** All the quotas of a route. */
export function create(
  options: Resolved<ReadonlyArray<CheckedQuota<UpstreamDeclaration>>>,
  { deps }: { readonly deps: QuotaTools },
): Policy {
  const quotas = (options as ReadonlyArray<CheckedQuota<{ readonly name: string }>>).map(makeQuota);
  const { quotas: store, log, now } = deps;
  const tools: QuotaTools = { quotas: store, log, now };
  const asked = new WeakMap<RequestContext, readonly QuotaAttempt[]>();
  return {
    async limit(ctx) {
      const { attempts, refusal } = await reserve(quotas, ctx, tools);
      asked.set(ctx, attempts);
      return refusal;
    },
    error(ctx: RequestContext, refusal: Refusal) {
      const attempts = asked.get(ctx);
      // Where a quota has refused, nothing is held any more.
      if (attempts === undefined || !isOfLimits(refusal)) return undefined;
      release(attempts, ctx, tools);
      asked.set(ctx, attempts.map(givenBack));
      return undefined;
    },
    finalise(ctx, headers) {
      const attempts = asked.get(ctx);
      if (attempts !== undefined) addQuotaFields(headers, attempts);
    },
  };
}
