import { hold } from "../../concurrency/hold.ts";
import { type Concurrency, makeConcurrencyLimit } from "../../concurrency/limit.ts";
import { type Occupied, occupy, release } from "../../concurrency/occupy.ts";
import { untilBodyEnds } from "../../concurrency/until-body-ends.ts";
import type { KeyedContext, RequestContext } from "../../context.ts";
import type { LimitKey } from "../../limits/limit-key.ts";
import type { Mode } from "../../observe/report.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

export { check, checkAll, checkRoutes, requestReferences } from "../../concurrency/check.ts";
export { concurrencySchema as options } from "../../concurrency/schema.ts";

/**
 * A concurrency limit: so many requests at once. A route may have a list of them. One that counts by the route alone
 * protects what answers it: it stands right of the cache, whose hits it does not count, and refuses with 503
 * `temporary-reduced-capacity`. One that counts by anything else is about who asks: it stands after rate limits, counts
 * hits too, and refuses with 429 `too-many-at-once`. Both say `Retry-After`: one to three seconds, by chance.
 */
export interface ConcurrencyOptions {
  /** Requests at once: 1 to a million. */
  readonly limit: number;
  /**
   * What callers are told apart by: one value, or up to five together; callers without the value share one limit.
   * Default `["route"]`: all of them together. The variants (`when`) of a route count together.
   */
  readonly by?: readonly LimitKey[];
  /**
   * Default `isolate`: each isolate counts for itself, at no cost; there may be many of them. `global`: all together. An
   * isolate then leases permits from one Durable Object a key, more than one where requests keep coming, and gives back
   * what it has no use for: a call before and one after a lone request, few where there are many. An isolate that has
   * died frees its permits within ten seconds; what it was doing may go on for as long at its origin. Where an isolate
   * cannot reach the object for so long, its requests under way may be exceeded by those of others.
   */
  readonly scope?: "isolate" | "global";
  /** Who finds no room waits in line in its isolate instead of being refused at once. Who leaves frees its place. */
  readonly queue?: QueueOptions;
  /**
   * How long a request counts. Default `body`: until its answer has gone out to the end, as an origin is busy for as
   * long; carrying the body costs CPU. `headers`: until the answer's headers are there, which costs nothing, for origins
   * whose answers are short. The body of a WebSocket is not seen, so its routes say `headers`.
   */
  readonly until?: "headers" | "body";
  /** What callers on a plan (`identity.plan`) may instead of `limit`. A plan has permits of its own. */
  readonly plans?: Readonly<Record<string, number>>;
  /** The limit's name in `violated-policies`. Default one such as `10-at-once`. Two of one route need different names. */
  readonly name?: string;
  /** `report`: refuses nobody, and counts only those for whom there was room; the log says who had none. Default `enforce`. */
  readonly mode?: Mode;
  /** When permits cannot be had in time: `deny` (default) answers 503 `store-unavailable`, `allow` lets requests through. */
  readonly onStoreFailure?: "allow" | "deny";
}

/** Who may wait. */
export interface QueueOptions {
  /** How many at once, for each isolate and key: 1 to 1,000. Who comes first is first. */
  readonly size: number;
  /** The longest wait, from `"1ms"` to `"1m"`; never beyond the request's deadline. */
  readonly wait: string;
}

/** A route may have several limits; `create` makes them as one. */
export const repeatable = true;
export const uses = ["permits"] as const;

/** All the limits of a route. */
export function create(
  options: Resolved<readonly Concurrency[]>,
  { deps, route }: Pick<Tools, "deps" | "route">,
): Policy {
  const limits = options.map((each) => makeConcurrencyLimit(each, route));
  const ofCallers = limits.filter(({ place }) => place === "limit");
  const ofRoute = limits.filter(({ place }) => place === "admit");
  const occupied = new WeakMap<RequestContext, Occupied>();

  const callers: Policy = {
    async limit(ctx) {
      const taken = await occupy(ofCallers, ctx, deps);
      if ("refusal" in taken) return taken.refusal;
      occupied.set(ctx, taken);
      return undefined;
    },
    personalise(ctx, response) {
      const taken = occupied.get(ctx);
      if (taken === undefined || taken.untilBody.length === 0) return response;
      occupied.set(ctx, { ...taken, untilBody: [] });
      return untilBodyEnds(response, ctx.method, ctx, taken.untilBody);
    },
    // Whatever the answer is: what has no body yet to wait for will have none.
    finalise(ctx) {
      const taken = occupied.get(ctx);
      if (taken === undefined) return;
      release(taken.untilHeaders);
      release(taken.untilBody);
    },
  };

  return {
    ...(ofCallers.length > 0 && callers),
    ...(ofRoute.length > 0 && {
      hold: (ctx: KeyedContext, proceed: () => Promise<Response>) =>
        hold(ofRoute, ctx, deps, { method: ctx.method, proceed }),
    }),
  };
}
