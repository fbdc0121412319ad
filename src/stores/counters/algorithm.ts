import type { Allowance, Grant } from "./counter-store.ts";
import type { FixedWindow } from "./fixed-window.ts";
import type { SlidingWindow } from "./sliding-window.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** What one counter remembers. An algorithm takes another's state, or one of another window length, for none. */
export type CounterState = SlidingWindow | FixedWindow | TokenBucket;

/** What came of a take. */
export interface Taken {
  /** The counter from now on; the very state that was given where the take was refused. */
  readonly state: CounterState | undefined;
  readonly grant: Grant;
}

/**
 * A way to count: pure functions in exact integers. Where the clock goes back, nothing is freed, and waits are told
 * by that clock.
 */
export interface Algorithm {
  /**
   * @param now whole ms since the epoch.
   * @throws {RangeError} when the cost is more than there can ever be.
   */
  take(state: CounterState | undefined, allowance: Allowance, cost: number, now: number): Taken;
  /** Gives units back that were counted at `at`, as far as they still count. */
  refund(state: CounterState, allowance: Allowance, cost: number, at: number): CounterState;
  /**
   * Takes units that have been used already, whether or not they are there. What is more than the limit weighs as long
   * as if it had been granted.
   * @param units a whole number from 1
   */
  charge(state: CounterState | undefined, allowance: Allowance, units: number, now: number): CounterState;
  /**
   * The counter as storage is told of it ahead of the takes to come: with a hundredth more taken. The very state that
   * was given where that is less than a unit.
   */
  ahead(state: CounterState, allowance: Allowance): CounterState;
  /** Whether one who believes `kept` can never grant what one who knows `state` would refuse. */
  covers(kept: CounterState, state: CounterState, allowance: Allowance): boolean;
  /** When the counter no longer matters, in ms since the epoch. */
  expiresAt(state: CounterState, allowance: Allowance): number;
  /** How long it takes, in ms, until who has taken everything may take as much again. */
  span(allowance: Allowance): number;
}

/** A hundredth of the limit, or of what is taken where that is more: no caller has storage written for every unit. */
export function hundredth(limit: number, taken: number): number {
  return Math.floor(Math.max(limit, taken) / 100);
}

/** As many units as a window can count, so that their product with its length is exact. */
export function mostUnits(windowMs: number): number {
  return Math.floor(Number.MAX_SAFE_INTEGER / windowMs);
}

/** @throws {RangeError} when the cost could never be granted: waiting for it would not help. */
export function checkCost(cost: number, capacity: number): void {
  if (cost > capacity)
    throw new RangeError(`a cost of ${cost} can never be taken from a limit of ${capacity}`);
}
