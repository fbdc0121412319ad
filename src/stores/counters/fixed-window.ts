import { type Algorithm, type CounterState, checkCost, hundredth, mostUnits } from "./algorithm.ts";

/** What one counter remembers. Windows are aligned to the epoch, so all of one length begin together. */
export interface FixedWindow {
  readonly algorithm: "fixedWindow";
  readonly windowMs: number;
  /** The newest window seen, which `used` counts. */
  readonly window: number;
  readonly used: number;
}

/**
 * So many units in each window of the clock, and all of them again when the next begins. A caller may take twice the
 * limit in a moment, half of it on each side of a boundary, and all callers' windows end at the same time: what one
 * counts by when "100 a day" is meant as on the calendar (in UTC).
 */
export const fixedWindow: Algorithm = {
  take(state, { limit, windowMs }, cost, now) {
    checkCost(cost, limit);
    let window = Math.floor(now / windowMs);
    let used = 0;
    const own = ownState(state, windowMs);
    if (own !== undefined && window <= own.window) {
      window = own.window;
      used = own.used;
    }
    const at = Math.max(now, window * windowMs);
    const resetMs = (window + 1) * windowMs - now;
    if (used + cost > limit) {
      return { state, grant: { allowed: false, remaining: Math.max(0, limit - used), resetMs, at } };
    }
    used += cost;
    return {
      state: { algorithm: "fixedWindow", windowMs, window, used },
      grant: { allowed: true, remaining: limit - used, resetMs, at },
    };
  },

  refund(state, { windowMs }, cost, at) {
    const own = ownState(state, windowMs);
    if (own === undefined || own.window !== Math.floor(at / windowMs)) return state;
    return { ...own, used: Math.max(0, own.used - cost) };
  },

  /** A window counts beyond its limit until its end. */
  charge(state, { windowMs }, units, now) {
    const own = ownState(state, windowMs);
    const window = Math.max(Math.floor(now / windowMs), own?.window ?? 0);
    const used = own?.window === window ? own.used : 0;
    return {
      algorithm: "fixedWindow",
      windowMs,
      window,
      used: Math.min(used + units, mostUnits(windowMs)),
    };
  },

  ahead(state, { limit, windowMs }) {
    const own = ownState(state, windowMs);
    if (own === undefined) return state;
    const units = hundredth(limit, own.used);
    return units === 0 ? own : { ...own, used: own.used + units };
  },

  covers(kept, state, { windowMs }) {
    const [known, own] = [ownState(kept, windowMs), ownState(state, windowMs)];
    return own === undefined || (known?.window === own.window && known.used >= own.used);
  },

  expiresAt(state, { windowMs }) {
    const own = ownState(state, windowMs);
    return own === undefined ? 0 : (own.window + 1) * windowMs;
  },

  span: ({ windowMs }) => windowMs,
};

function ownState(state: CounterState | undefined, windowMs: number): FixedWindow | undefined {
  return state?.algorithm === "fixedWindow" && state.windowMs === windowMs ? state : undefined;
}
