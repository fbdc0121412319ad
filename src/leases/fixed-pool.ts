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
  const use = (state: FixedTokens, tokens: number) => {
    state.used += tokens;
  };
  return {
    limit,
    windowMs,
    spanMs: windowMs,
    full: () => ({ window: -1, used: 0 }),
    supply(state, now) {
      const window = Math.floor(now / windowMs);
      if (window > state.window) {
        state.window = window;
        state.used = 0;
      }
      return { left: Math.max(0, limit - state.used), ttlMs: ttl(state, now), period: state.window };
    },
    take: use,
    charge: use,
    resetMs: ttl,
  };
}
