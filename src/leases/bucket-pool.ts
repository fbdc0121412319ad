import { leaseMs, pauseMs } from "./lease-time.ts";
import { free, hold, noneOutstanding, type Outstanding, releases, widen } from "./outstanding.ts";
import type { Pool } from "./pool.ts";

/** A bucket, and what has been granted from it and may still be spent. */
export interface BucketTokens {
  /** Parts of a token; `windowMs` of them are one. Below 0 where more was used than there was. */
  level: number;
  /** The latest time seen. */
  at: number;
  outstanding: Outstanding;
  /** The longest lease of which `outstanding` tells: a key's limit may change while some are under way. */
  longestMs: number;
}

/**
 * A bucket that is refilled with `limit` tokens a window. What it holds and what is leased are together never more than
 * `burst`: whatever is spent in a stretch of time was leased when it began, or was in the bucket, or was refilled since.
 * It never owes more than it holds when it is full.
 * Exact in integers as long as `burst * windowMs` and `limit * windowMs` are below 2^53.
 */
export function bucketPool(limit: number, windowMs: number, burst: number): Pool<BucketTokens> {
  const fillMs = Math.ceil((burst * windowMs) / limit);
  const ttlMs = leaseMs(fillMs);
  const refill = (state: BucketTokens, at: number) => {
    // Leases of a larger burst than now may be under way: they are not owed.
    const room = Math.max(0, burst - state.outstanding.total) * windowMs;
    const passed = Math.max(0, at - state.at);
    // Nor is more owed than now may be.
    state.level = Math.min(room, Math.max(state.level, -burst * windowMs) + passed * limit);
    state.at = Math.max(state.at, at);
  };
  return {
    limit: burst,
    windowMs,
    spanMs: 2 * fillMs + ttlMs,
    full: () => ({ level: burst * windowMs, at: 0, outstanding: noneOutstanding(), longestMs: ttlMs }),
    supply(state, now) {
      // What is refilled while leases leave no room for it is lost, also where they have ended since.
      free(state.outstanding, state.longestMs, now, (at) => refill(state, at));
      refill(state, now);
      if (ttlMs > state.longestMs || (ttlMs < state.longestMs && state.outstanding.total === 0)) {
        state.outstanding = widen(state.outstanding, state.longestMs, ttlMs, state.at);
        state.longestMs = ttlMs;
      }
      const left = Math.max(0, Math.floor(state.level / windowMs));
      return { left, ttlMs, period: Math.floor(now / windowMs) };
    },
    take(state, tokens, now) {
      if (tokens === 0) return;
      state.level -= tokens * windowMs;
      // Where the clock went back, it is caught up with before anything comes free.
      hold(state.outstanding, state.longestMs, tokens, Math.max(state.at, now) + ttlMs);
    },
    charge(state, units) {
      state.level = Math.max(-burst * windowMs, state.level - units * windowMs);
    },
    resetMs({ level, at, outstanding, longestMs }, now, tokens) {
      const wanted = tokens * windowMs;
      let held = outstanding.total;
      for (const release of releases(outstanding, longestMs)) {
        const room = Math.max(0, burst - held) * windowMs;
        if (wanted <= room && at + Math.ceil((wanted - level) / limit) <= release.at) break;
        level = Math.min(room, level + Math.max(0, release.at - at) * limit);
        at = Math.max(at, release.at);
        held -= release.tokens;
      }
      return Math.max(pauseMs(windowMs), at + Math.ceil((wanted - level) / limit) - now);
    },
  };
}
