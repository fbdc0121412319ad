import { leaseMs, pauseMs } from "./lease-time.ts";
import { free, hold, noneOutstanding, type Outstanding, releases } from "./outstanding.ts";
import type { Pool } from "./pool.ts";

/**
 * So many tokens in *any* stretch of a window. A token that is granted now may be spent until its lease ends, so it
 * counts for a window longer than that: with leases of an eighth of a window, a key that is always asked for more than it
 * may have gets at least 8/9 of it. Where that matters, the limit is `exact`.
 */
export function slidingPool(limit: number, windowMs: number): Pool<Outstanding> {
  const ttlMs = leaseMs(windowMs);
  const longest = windowMs + ttlMs;
  return {
    limit,
    windowMs,
    spanMs: longest,
    full: noneOutstanding,
    supply(state, now) {
      free(state, longest, now);
      return { left: Math.max(0, limit - state.total), ttlMs, period: Math.floor(now / windowMs) };
    },
    take(state, tokens, now) {
      if (tokens > 0) hold(state, longest, tokens, now + longest);
    },
    charge: (state, units, now) => hold(state, longest, units, now + windowMs),
    resetMs(state, now, tokens) {
      let after = pauseMs(windowMs);
      let held = state.total;
      for (const release of releases(state, longest)) {
        if (held + tokens <= limit) break;
        held -= release.tokens;
        after = Math.max(after, release.at - now);
      }
      return after;
    },
  };
}
