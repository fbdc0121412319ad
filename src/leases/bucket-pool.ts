import { leaseMs, pauseMs } from "./lease-time.ts";
import { free, freeAfter, hold, noneOutstanding, type Outstanding } from "./outstanding.ts";
import type { Pool } from "./pool.ts";

/** A bucket, and what has been granted from it and may still be spent. */
export interface BucketTokens {
  /** Parts of a token; `windowMs` of them are one. */
  level: number;
  /** The latest time seen. */
  at: number;
  readonly outstanding: Outstanding;
}

/**
 * A bucket that is refilled with `limit` tokens a window. What it holds and what is leased are together never more than
 * `burst`: whatever is spent in a stretch of time was leased when it began, or was in the bucket, or was refilled since.
 * Exact in integers as long as `burst * windowMs` and `limit * windowMs` are below 2^53.
 */
export function bucketPool(limit: number, windowMs: number, burst: number): Pool<BucketTokens> {
  const ttlMs = leaseMs((burst * windowMs) / limit);
  const refill = (state: BucketTokens, at: number) => {
    const room = (burst - state.outstanding.total) * windowMs;
    const passed = Math.max(0, at - state.at);
    state.level = Math.min(room, state.level + passed * limit);
    state.at = Math.max(state.at, at);
  };
  return {
    limit: burst,
    windowMs,
    full: () => ({ level: burst * windowMs, at: 0, outstanding: noneOutstanding() }),
    supply(state, now) {
      // What is refilled while leases leave no room for it is lost, also where they have ended since.
      free(state.outstanding, ttlMs, now, (at) => refill(state, at));
      refill(state, now);
      return { left: Math.floor(state.level / windowMs), ttlMs, period: Math.floor(now / windowMs) };
    },
    take(state, tokens, now) {
      if (tokens === 0) return;
      state.level -= tokens * windowMs;
      // Where the clock went back, it is caught up with before anything comes free.
      hold(state.outstanding, ttlMs, tokens, Math.max(state.at, now) + ttlMs);
    },
    retryAfterMs(state, now) {
      const full = state.outstanding.total === burst;
      const refilled = Math.ceil((windowMs - state.level) / limit);
      const after = full ? (freeAfter(state.outstanding, ttlMs, now) ?? refilled) : refilled;
      return Math.max(pauseMs(windowMs), after);
    },
  };
}
