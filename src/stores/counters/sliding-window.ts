import { type Algorithm, type CounterState, checkCost, hundredth, mostUnits } from "./algorithm.ts";

/**
 * What one counter remembers. Windows are aligned to the epoch: window `n` runs from `n * windowMs` until
 * `(n + 1) * windowMs`.
 */
export interface SlidingWindow {
  readonly algorithm: "slidingWindow";
  readonly windowMs: number;
  /** The newest window seen, which `current` counts. */
  readonly window: number;
  readonly current: number;
  /** Units taken in the window before. */
  readonly previous: number;
}

/**
 * The sliding-window approximation that Kong, Cloudflare and Upstash use: what counts is the current window and the
 * share of the previous one that a full window looking back still covers,
 *
 *     used = current + floor(previous * (windowMs - elapsed) / windowMs)
 *
 * A take is granted when `used + cost <= limit`. So no window of the clock ever grants more than `limit`, and no
 * stretch of `windowMs` more than twice that (a burst on each side of a boundary). Exact in integers as long as
 * `limit * windowMs < 2^53`.
 *
 * Where the clock went back, the time lies before the newest window seen: `elapsed` is negative and the previous
 * window weighs more than whole.
 */
export const slidingWindow: Algorithm = {
  take(state, { limit, windowMs }, cost, now) {
    checkCost(cost, limit);
    const { window, current, previous } = windowsAt(state, windowMs, now);
    const start = window * windowMs;
    const elapsed = now - start;
    const used = current + Math.floor((previous * (windowMs - elapsed)) / windowMs);
    const at = Math.max(now, start);

    if (used + cost > limit) {
      const resetMs = msUntilUsed(limit - cost, current, previous, elapsed, windowMs);
      return { state, grant: { allowed: false, remaining: Math.max(0, limit - used), resetMs, at } };
    }
    const taken = used + cost;
    return {
      state: { algorithm: "slidingWindow", windowMs, window, current: current + cost, previous },
      grant: {
        allowed: true,
        remaining: limit - taken,
        resetMs: msUntilUsed(taken - 1, current + cost, previous, elapsed, windowMs),
        at,
      },
    };
  },

  refund(state, { windowMs }, cost, at) {
    const own = ownState(state, windowMs);
    if (own === undefined) return state;
    const age = own.window - Math.floor(at / windowMs);
    if (age === 0) return { ...own, current: Math.max(0, own.current - cost) };
    return age === 1 ? { ...own, previous: Math.max(0, own.previous - cost) } : own;
  },

  /** What is beyond the limit weighs on the next window as well. */
  charge(state, { windowMs }, units, now) {
    const { window, current, previous } = windowsAt(state, windowMs, now);
    return {
      algorithm: "slidingWindow",
      windowMs,
      window,
      current: Math.min(current + units, mostUnits(windowMs)),
      previous,
    };
  },

  ahead(state, { limit, windowMs }) {
    const own = ownState(state, windowMs);
    if (own === undefined) return state;
    const units = hundredth(limit, own.current);
    return units === 0 ? own : { ...own, current: own.current + units };
  },

  covers(kept, state, { windowMs }) {
    const [known, own] = [ownState(kept, windowMs), ownState(state, windowMs)];
    return (
      own === undefined ||
      (known?.window === own.window && known.current >= own.current && known.previous >= own.previous)
    );
  },

  expiresAt(state, { windowMs }) {
    const own = ownState(state, windowMs);
    return own === undefined ? 0 : (own.window + 2) * windowMs;
  },

  span: ({ windowMs }) => windowMs,
};

function ownState(state: CounterState | undefined, windowMs: number): SlidingWindow | undefined {
  return state?.algorithm === "slidingWindow" && state.windowMs === windowMs ? state : undefined;
}

/** The newest window of those that were seen and that of `now`, and what was taken in it and in the one before. */
function windowsAt(state: CounterState | undefined, windowMs: number, now: number) {
  const own = ownState(state, windowMs);
  const window = Math.floor(now / windowMs);
  if (own === undefined || window > own.window + 1) return { window, current: 0, previous: 0 };
  return window <= own.window ? own : { window, current: 0, previous: own.current };
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
