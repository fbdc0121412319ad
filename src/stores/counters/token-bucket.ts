import { type Algorithm, type CounterState, checkCost } from "./algorithm.ts";
import type { Allowance } from "./counter-store.ts";

/** What one counter remembers. */
export interface TokenBucket {
  readonly algorithm: "tokenBucket";
  readonly windowMs: number;
  /** The latest time seen, in ms since the epoch. */
  readonly at: number;
  /**
   * What the bucket held then, in parts of a token: `windowMs` of them are one. A bucket is refilled `limit` parts a
   * ms, so everything stays a whole number, and nothing drifts.
   */
  readonly level: number;
}

/** For how long, in ms, a bucket that is charged for more than it holds may stay empty. */
const LONGEST_DEBT = 1_000;

/**
 * A bucket that holds `burst` tokens, begins full, and is refilled steadily with `limit` tokens a window. Any stretch
 * of time grants at most `burst` and what it refills. Exact in integers as long as `burst * windowMs` and
 * `limit * windowMs` are below 2^53.
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
      return { state, grant: { allowed: false, remaining: Math.floor(level / windowMs), resetMs, at } };
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

  /** What is not there is charged as time in which nothing flows in. */
  charge(state, { limit, windowMs }, units) {
    const own = ownState(state, windowMs);
    if (own === undefined) return state;
    const level = own.level - units * windowMs;
    if (level >= 0) return { ...own, level };
    return { ...own, at: own.at + Math.min(LONGEST_DEBT, Math.ceil(-level / limit)), level: 0 };
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
