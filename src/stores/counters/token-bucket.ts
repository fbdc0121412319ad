import { type Algorithm, type CounterState, checkCost, hundredth } from "./algorithm.ts";
import type { Allowance } from "./counter-store.ts";

/** What one counter remembers. */
export interface TokenBucket {
  readonly algorithm: "tokenBucket";
  readonly windowMs: number;
  /** The latest time seen, in ms since the epoch. */
  readonly at: number;
  /**
   * What the bucket held then, in parts of a token: `windowMs` of them are one. A bucket is refilled `limit` parts a
   * ms, so everything stays a whole number, and nothing drifts. Below 0 where more was used than there was.
   */
  readonly level: number;
}

/** What storage is told ahead keeps a bucket empty for no longer than this, in ms. */
const LONGEST_AHEAD = 1_000;

/**
 * A bucket that holds `burst` tokens, begins full, and is refilled steadily with `limit` tokens a window. Any stretch
 * of time grants at most `burst` and what it refills. It owes at most its burst. Exact in integers as long as
 * `burst * windowMs` and `limit * windowMs` are below 2^53; where it owes, below 2^52.
 */
export const tokenBucket: Algorithm = {
  take(state, allowance, cost, now) {
    const { limit, windowMs, burst } = allowance;
    checkCost(cost, burst);
    const own = ownState(state, windowMs);
    const at = own === undefined ? now : Math.max(own.at, now);
    const level = own === undefined ? burst * windowMs : levelAt(own, at, allowance);
    const needed = cost * windowMs;
    // Where the clock went back, refilling goes on only once it has caught up.
    const behind = at - now;
    if (level < needed) {
      const resetMs = behind + Math.ceil((needed - level) / limit);
      return {
        state,
        grant: { allowed: false, remaining: Math.max(0, Math.floor(level / windowMs)), resetMs, at },
      };
    }
    const left = level - needed;
    const remaining = Math.floor(left / windowMs);
    const resetMs = behind + Math.ceil(((remaining + 1) * windowMs - left) / limit);
    return {
      state: { algorithm: "tokenBucket", windowMs, at, level: left },
      grant: { allowed: true, remaining, resetMs, at },
    };
  },

  /**
   * What was refilled since the take may have filled the very hole that it made: giving that back as well would let
   * through more than if it had never been taken. So the longer ago, the less is left to give back.
   */
  refund(state, allowance, cost, at) {
    const { limit, windowMs, burst } = allowance;
    const own = ownState(state, windowMs);
    if (own === undefined) return state;
    const hole = cost * windowMs - Math.max(0, own.at - at) * limit;
    return hole <= 0 ? own : { ...own, level: Math.min(burst * windowMs, own.level + hole) };
  },

  charge(state, allowance, units, now) {
    const { windowMs, burst } = allowance;
    const own = ownState(state, windowMs);
    const at = own === undefined ? now : Math.max(own.at, now);
    const level = own === undefined ? burst * windowMs : levelAt(own, at, allowance);
    // What was owed when the burst was larger stays.
    const least = Math.min(level, -burst * windowMs);
    return { algorithm: "tokenBucket", windowMs, at, level: Math.max(least, level - units * windowMs) };
  },

  ahead(state, { limit, windowMs }) {
    const own = ownState(state, windowMs);
    const units = hundredth(limit, 0);
    if (own === undefined || units === 0) return state;
    const most = Math.max(0, own.level) + LONGEST_AHEAD * limit;
    return { ...own, level: own.level - Math.min(units * windowMs, most) };
  },

  covers(kept, state, { windowMs, limit }) {
    const [known, own] = [ownState(kept, windowMs), ownState(state, windowMs)];
    if (own === undefined) return true;
    return known !== undefined && known.level + (own.at - known.at) * limit <= own.level;
  },

  expiresAt(state, allowance) {
    const { limit, windowMs, burst } = allowance;
    const own = ownState(state, windowMs);
    return own === undefined ? 0 : own.at + Math.ceil(Math.max(0, burst * windowMs - own.level) / limit);
  },

  span: ({ limit, windowMs, burst }) => Math.ceil((burst * windowMs) / limit),
};

function ownState(state: CounterState | undefined, windowMs: number): TokenBucket | undefined {
  return state?.algorithm === "tokenBucket" && state.windowMs === windowMs ? state : undefined;
}

/** What the bucket holds at a time that is not before its own. A product of long idleness would not be exact. */
function levelAt({ at, level }: TokenBucket, now: number, { limit, windowMs, burst }: Allowance): number {
  const full = burst * windowMs;
  const elapsed = now - at;
  return elapsed >= Math.ceil((full - level) / limit) ? full : level + elapsed * limit;
}
