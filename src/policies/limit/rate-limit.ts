import * as z from "zod";
import { checkExemption, exemptionSchema } from "../../authorization/exemption-schema.ts";
import type { KeyedContext, RequestContext } from "../../context.ts";
import type { Refusal } from "../../errors/refusal.ts";
import { createOverride } from "../../functions/limit-override.ts";
import { type Attempt, isRefused, type Limited, type LimitTools } from "../../limits/attempt.ts";
import { check as checkLimit } from "../../limits/check.ts";
import { type Limit, makeLimit, onceFailed, type RateLimit } from "../../limits/limit.ts";
import type { OverrideFunction } from "../../limits/options.ts";
import { addRateLimitFields } from "../../limits/ratelimit-fields.ts";
import { isOfLimits } from "../../limits/refusals.ts";
import { release } from "../../limits/release.ts";
import { reserve } from "../../limits/reserve.ts";
import { settleCosts } from "../../limits/response-cost.ts";
import { rulingOf } from "../../limits/ruling.ts";
import { rateLimitSchema } from "../../limits/schema.ts";
import type { Policy, Resolved, RouteFacts, Tools } from "../policy.ts";

export { checkAll, checkRoutes, requestReferences } from "../../limits/check.ts";
export type { RateLimit } from "../../limits/limit.ts";
export type { PlanUnits, RateLimitOptions } from "../../limits/options.ts";

/** @returns the schema of `RateLimitOptions`. */
export function options() {
  const override = z
    .custom<OverrideFunction>((value) => typeof value === "function", "is a function")
    .transform((run) => ({ run, create: createOverride }));
  return rateLimitSchema(exemptionSchema(), override);
}

/** What is wrong with one limit on a route. Build only. */
export function check(limit: RateLimit, facts: RouteFacts) {
  return [...checkLimit(limit, facts), ...checkExemption(limit, facts)];
}

/** A route may have several limits; `create` makes them as one. */
export const repeatable = true;
export const uses = ["counters"] as const;

/** All the limits of a route. */
export function create(options: Resolved<readonly RateLimit[]>, given: Tools): Policy {
  const { deps, route } = given;
  const limits = (options as readonly RateLimit[]).map((each) =>
    makeLimit(each, route, rulingOf(each, given)),
  );
  const at = (place: Limit["place"]) => limits.filter((limit) => limit.place === place);
  const [guard, limit, admit] = [at("guard"), at("limit"), at("admit")];
  const failures = limits.filter(({ countsFailures }) => countsFailures).map(onceFailed);
  const [costsMine, costsOrigins] = [[...guard, ...limit], admit].map((list) =>
    list.some(({ costAfter }) => costAfter !== undefined),
  );

  // What one place has given may have to be given back when another refuses.
  const places = [guard, limit, admit, failures].filter(({ length }) => length > 0).length;
  const gives = places > 1 || route.limitedFurther === true;
  const taken = new WeakMap<Limited, readonly Attempt[]>();
  const hold: LimitTools["hold"] = (attempts, ctx) => {
    taken.set(ctx, [...(taken.get(ctx) ?? []), ...attempts]);
  };
  const { counters, log, now, random } = deps;
  const last: LimitTools = { counters, log, now, random };
  const tools: LimitTools = { ...last, hold: gives || costsMine ? hold : undefined };

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

  /** Charges what the answer says it cost. */
  function settle(ctx: Limited, { headers }: Response): void {
    settleCosts(taken.get(ctx) ?? [], headers, ctx, last);
  }

  return {
    ...(guard.length > 0 && { guard: (ctx: RequestContext) => reserve(guard, ctx, tools) }),
    ...(limit.length > 0 && { limit: (ctx: RequestContext) => reserve(limit, ctx, tools) }),
    ...(admit.length > 0 && {
      admit: (ctx: KeyedContext) => reserve(admit, ctx, costsOrigins ? { ...last, hold } : last),
    }),
    ...(costsOrigins && {
      transform(ctx: KeyedContext, response: Response) {
        settle(ctx, response);
        return response;
      },
    }),
    ...(costsMine && {
      personalise(ctx: RequestContext, response: Response) {
        settle(ctx, response);
        return response;
      },
    }),
    ...(gives && { error }),
    ...(limits.some(({ shown }) => shown !== undefined) && { finalise }),
  };
}
