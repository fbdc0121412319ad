import type { Grant, Take } from "./counter-store.ts";

/**
 * What one counter remembers. Windows are aligned to the epoch: window `n` runs from `n * windowMs` until
 * `(n + 1) * windowMs`.
 */
export interface SlidingWindow {
  readonly windowMs: number;
  /** The newest window seen, which `current` counts. */
  readonly window: number;
  readonly current: number;
  /** Units taken in the window before. */
  readonly previous: number;
}

/**
 * Takes units under the sliding-window approximation that Kong, Cloudflare and Upstash use: what counts is the
 * current window and the share of the previous one that a full window looking back still covers,
 *
 *     used = current + floor(previous * (windowMs - elapsed) / windowMs)
 *
 * A take is granted when `used + cost <= limit`. So no window of the clock ever grants more than `limit`, and no
 * stretch of `windowMs` more than twice that (a burst on each side of a boundary). Exact in integers as long as
 * `limit * windowMs < 2^53`.
 *
 * Refusing returns the state it was given. Where the clock went back, the time lies before the newest window seen:
 * `elapsed` is negative and the previous window weighs more than whole, so nothing is freed. A state of another
 * window length counts as none.
 * @param now whole ms since the epoch.
 * @throws {RangeError} when the cost is more than the limit: it could never be granted.
 */
export function takeFromSlidingWindow(
  state: SlidingWindow | undefined,
  { limit, windowMs, cost }: Omit<Take, "key">,
  now: number,
): { readonly state: SlidingWindow | undefined; readonly grant: Grant } {
  if (cost > limit) throw new RangeError(`a cost of ${cost} can never be taken from a limit of ${limit}`);
  let window = Math.floor(now / windowMs);
  let current = 0;
  let previous = 0;
  if (state !== undefined && state.windowMs === windowMs) {
    if (window <= state.window) {
      window = state.window;
      current = state.current;
      previous = state.previous;
    } else if (window === state.window + 1) {
      previous = state.current;
    }
  }
  const elapsed = now - window * windowMs;
  const used = current + Math.floor((previous * (windowMs - elapsed)) / windowMs);

  if (used + cost > limit) {
    const resetMs = msUntilUsed(limit - cost, current, previous, elapsed, windowMs);
    return { state, grant: { allowed: false, remaining: Math.max(0, limit - used), resetMs } };
  }
  const taken = used + cost;
  current += cost;
  return {
    state: { windowMs, window, current, previous },
    grant: {
      allowed: true,
      remaining: limit - taken,
      resetMs: msUntilUsed(taken - 1, current, previous, elapsed, windowMs),
    },
  };
}

/** When the counter no longer matters, in ms since the epoch: its units have left even the weighted window. */
export function expiresAt(state: SlidingWindow): number {
  return (state.window + 2) * state.windowMs;
}

/** Ms until no more than `target` units are used, if nothing more is taken. */
function msUntilUsed(
  target: number,
  current: number,
  previous: number,
  elapsed: number,
  windowMs: number,
): number {
  const left = windowMs - elapsed;
  // This window's units only begin to leave in the next one, where they are the previous window's.
  if (current > target) return left + msUntilWeighted(target, current, windowMs, windowMs);
  return msUntilWeighted(target - current, previous, left, windowMs);
}

/**
 * Ms until `floor(units * share / windowMs)` is at most `target`, where `share` falls by one each ms from `left`:
 * the smallest wait with `units * (left - wait) < (target + 1) * windowMs`.
 */
function msUntilWeighted(target: number, units: number, left: number, windowMs: number): number {
  if (units <= target) return 0;
  return Math.max(0, left + 1 - Math.ceil(((target + 1) * windowMs) / units));
}
