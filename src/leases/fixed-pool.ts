import type { Pool } from "./pool.ts";

/** Tokens taken in the newest window seen. Windows are aligned to the epoch of the store's clock. */
export interface FixedTokens {
  window: number;
  used: number;
}

/**
 * So many tokens in each window of the store's clock; leases end with the window. What is not spent by then is gone
 * with it, so a token is never spent in another window than the one that it was taken from.
 */
export function fixedPool(limit: number, windowMs: number): Pool<FixedTokens> {
  const ttl = (state: FixedTokens, now: number) => Math.min(windowMs, (state.window + 1) * windowMs - now);
  return {
    limit,
    windowMs,
    full: () => ({ window: Number.NEGATIVE_INFINITY, used: 0 }),
    supply(state, now) {
      const window = Math.floor(now / windowMs);
      if (window > state.window) {
        state.window = window;
        state.used = 0;
      }
      return { left: limit - state.used, ttlMs: ttl(state, now), period: state.window };
    },
    take(state, tokens) {
      state.used += tokens;
    },
    retryAfterMs: ttl,
  };
}
