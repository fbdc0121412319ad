import type { FunctionContext } from "../functions/context.ts";
import type { Mode } from "../observe/report.ts";
import type { AlgorithmName } from "../stores/counters/counter-store.ts";
import type { Counting } from "./counting.ts";
import type { LimitKey, LimitValue } from "./limit-key.ts";

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
   * What callers are told apart by: one value, or up to five together; `absent` says what becomes of callers without
   * it. Default `["identity.id"]` on routes that authenticate, else `["address"]`; with `on: "authFailure"`
   * `["address"]`, with `count: "origin"` `["route"]`. A limit that names nothing of the identity stands before
   * authentication. Of a query parameter that is given twice the first value counts.
   */
  readonly by?: readonly LimitKey[];
  /**
   * What becomes of a request that lacks one of the values it is counted by. `share` (default): it is counted together
   * with all others that lack it. `refuse`: it is refused, with 403 where a value of the identity is missing and with
   * 400 where the request itself lacks one or has it empty. Nobody is let through uncounted.
   */
  readonly absent?: "share" | "refuse";
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
   * What callers on a plan (`identity.plan`) may instead of `limit` and `burst`: units per window, or both. Who is on
   * none of these has the `limit`. A plan has counters of its own, so a change of plan begins anew. For routes that
   * authenticate.
   */
  readonly plans?: Readonly<Record<string, number | PlanUnits>>;
  /**
   * What single callers may instead, by the id of their registered consumer (`identity.consumer`) or of their identity
   * (`identity.id`): units per window, or both. It goes before what their plan has, and has counters of its own. For
   * routes that authenticate.
   */
  readonly consumers?: Readonly<Record<string, number | PlanUnits>>;
  /**
   * A function that says of each request what the limit is for it: `{ limit, burst? }`, `"exempt"`, or `undefined` for
   * as declared. It goes before `consumers` and `plans`. What it gives is counted in the limit's own counters, so what
   * a caller has used stays used: who is raised from 100 to 200 after 80 requests has 120 left. Where it throws, takes
   * longer than a second, or gives units that `limit` could not be, the limit is as declared, and the access log says
   * why.
   */
  readonly override?: OverrideFunction;
  /**
   * Who is not counted by this limit, nor refused: the `RateLimit` fields do not show it to them, and the access log
   * says so. What cannot be judged exempts nobody.
   */
  readonly exempt?: ExemptOptions;
  /**
   * Units that a request costs: a whole number from 1 to the most that there can be, or where the request says it, such
   * as `"query.count"`; one that does not say costs one unit; what is no such number, or said twice, is refused with
   * 400. Or `{ response }`: where the answer says it. Default 1.
   */
  readonly cost?: number | LimitValue | ResponseCostOptions;
  /**
   * Whether a request that this limit refuses costs its units all the same, so that who keeps hammering stays refused.
   * Where windows slide, `Retry-After` tells a whole window or more; a fixed one ends when it ends, and a bucket owes
   * no more than it can hold. Where another limit refuses, nothing is counted here. Default false.
   */
  readonly countRefused?: boolean;
  /**
   * What is counted. Default `request`. `authFailure`: credentials that did not hold (401), not missing ones, and not
   * rights that are lacking (403). Expired tokens are among them, so leave room for clients that renew theirs late. Who
   * has used the limit up is refused with 429 before anything is looked at. Nothing of the identity can be in `by`.
   *
   * A failure is counted before it is told, so no more than `limit` of them are ever told in a window, however many
   * come at once: the others get 429 like all that follow. Nothing is reserved while a credential is being looked at:
   * it would turn away good callers who send several requests at once, and cost a second call for each. So of
   * credentials that arrive in the very same moment all are looked at, and a right one among them is let in; how many
   * can arrive so is for a limit on requests to say.
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
   * One counter for all routes whose limit names the same group, which agree in everything but `absent`, `cost`,
   * `count`, `countRefused`, `exempt`, `mode`, `name`, `onStoreFailure`, `override` and `shield`. Default: each route counts for
   * itself, its variants (`when`) together.
   */
  readonly group?: string;
  /**
   * Shuts out who goes beyond the limit, for longer each time: `first`, then twice as long with every violation within
   * `memory`, up to `most`. Meanwhile all of the caller's requests that the limit counts are refused, with the rest of
   * that time as `Retry-After`, and nothing is asked for them. It holds everywhere: an isolate asks once a second for each
   * key in use, behind the answer, and for a key that is new to it together with the limit itself.
   */
  readonly penalty?: PenaltyOptions;
  /**
   * `report`: refuses nobody; the access log says whom it would have. It counts like any other, and the `RateLimit`
   * fields do not show it. Default `enforce`.
   */
  readonly mode?: Mode;
  /**
   * How an isolate comes by its units. Default `leased`: it takes batches from the counter that all share and spends
   * them by itself, so that most requests wait for nothing, and no more is ever let through than the limit. A sliding
   * window then holds for every stretch of time, and units come back up to a seventh of the window later. `exact`: it
   * asks for each request; the default where the units come back within 8 seconds, and with `on: "authFailure"` the
   * only way. `bounded`: as `leased`, but the first requests do not wait either: each isolate lets `slack` units
   * through before the counter knows of them, so that together they may exceed the limit by so much each. See
   * docs/limits.md.
   */
  readonly counting?: Counting;
  /** Units that an isolate may owe at a time, from 1. Default: a hundredth of the limit. For `bounded` alone. */
  readonly slack?: number;
  /**
   * A rate limit binding of the platform's (`[[ratelimits]]` in wrangler.toml) that is asked first, by the same key: it
   * counts within one location and roughly, and spares the counters a flood. What it refuses is refused. One that fails
   * or is not there changes nothing: the limit itself still holds.
   */
  readonly shield?: string;
  /** When the counters cannot be reached in time: `deny` (default) answers 503, `allow` lets requests through. */
  readonly onStoreFailure?: "allow" | "deny";
}

/**
 * A cost that the answer tells. The request is let through where there are any units, and what it really cost is
 * charged once the answer's headers are there, so the units may fall short by what is under way at that time; who owes
 * waits longer. An answer from the cache costs what it says, unless the limit counts what the origin answers. Where no
 * answer comes, because something else refuses or fails, or the client has gone, the request has cost `atFirst`.
 */
export interface ResponseCostOptions {
  /**
   * The header field of the answer that says how many units it cost, as a whole number from 0, such as
   * `"headers.x-tokens"`. The client is shown it too; `hooks.response` can take it away, `headers` cannot.
   */
  readonly response: `headers.${string}`;
  /**
   * Units that are taken before, and given back as far as the answer costs less. Default 0. With 0 it is only looked
   * whether there is one left, which asks the counters for each request, and of requests that arrive at once lets all
   * through.
   */
  readonly atFirst?: number;
  /** Units where the answer does not say, or says what is no whole number; the access log tells. Default 1. */
  readonly otherwise?: number;
}

/** Who is exempt: whoever meets either of these. */
export interface ExemptOptions {
  /** Networks that the client's address lies in, such as `"192.0.2.0/24"` or `"2001:db8::/32"`: 1 to 100. */
  readonly networks?: readonly string[];
  /**
   * An [expression](#expressions) that holds, such as `'"monitor" in identity.roles'`. What a client may send as it
   * likes, such as a header field, is no proof of anything.
   */
  readonly when?: string;
}

/** A user's function that says what a limit is for a request. */
export type OverrideFunction = (
  ctx: FunctionContext,
  about: {
    /** The limit's name. */
    readonly name: string;
    /** The route's id, such as `GET /search`. */
    readonly route: string;
  },
) => GivenUnits | Promise<GivenUnits>;

/** What an {@link OverrideFunction} gives. */
type GivenUnits = PlanUnits | "exempt" | undefined;

/** For how long who goes beyond a limit is shut out: whole seconds, up to a day. */
export interface PenaltyOptions {
  /** The first time. Default `"10s"`. */
  readonly first?: string;
  /** At most. Default `"1h"`. */
  readonly most?: string;
  /** For how long a violation counts; from a minute. Default `"1d"`. */
  readonly memory?: string;
}

/** What some callers may. */
export interface PlanUnits {
  /** Units per window and caller: as the limit's own. */
  readonly limit: number;
  /** Tokens that a full bucket holds. Default: `limit`. For `tokenBucket` alone. */
  readonly burst?: number;
}
