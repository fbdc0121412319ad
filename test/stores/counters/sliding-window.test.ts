import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CounterState } from "../../../src/stores/counters/algorithm.ts";
import type { Allowance } from "../../../src/stores/counters/counter-store.ts";
import { slidingWindow } from "../../../src/stores/counters/sliding-window.ts";
import { algorithmContract, type Definition, eventsOf, histories } from "../../contract/algorithm.ts";

/** The state of the counter is the list of all takes. */
class AllTakes implements Definition {
  readonly #taken = new Map<number, bigint>();
  readonly #allowance: Allowance;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  left(now: number): number {
    const { limit, windowMs } = this.#allowance;
    const window = Math.floor(now / windowMs);
    const share = BigInt((window + 1) * windowMs - now);
    const previous = this.#taken.get(window - 1) ?? 0n;
    const used = (this.#taken.get(window) ?? 0n) + (previous * share) / BigInt(windowMs);
    return limit - Number(used);
  }

  take(cost: number, now: number): boolean {
    if (cost > this.left(now)) return false;
    const window = Math.floor(now / this.#allowance.windowMs);
    this.#taken.set(window, (this.#taken.get(window) ?? 0n) + BigInt(cost));
    return true;
  }
}

algorithmContract({
  name: "slidingWindow",
  algorithm: slidingWindow,
  define: (allowance) => new AllTakes(allowance),
});

describe("slidingWindow", () => {
  it("grants at most the limit in a window of the clock, and twice that in any stretch as long", () => {
    fc.assert(
      fc.property(histories("slidingWindow"), (history) => {
        const { limit, windowMs } = history.allowance;
        let state: CounterState | undefined;
        const granted: Array<{ now: number; cost: number }> = [];
        for (const { now, cost } of eventsOf(history)) {
          const taken = slidingWindow.take(state, history.allowance, cost, now);
          state = taken.state;
          if (taken.grant.allowed) granted.push({ now, cost });
        }
        for (const { now } of granted) {
          const sum = (from: number): number =>
            granted
              .filter((take) => take.now >= from && take.now < from + windowMs)
              .reduce((total, { cost }) => total + cost, 0);
          expect(sum(now)).toBeLessThanOrEqual(2 * limit);
          expect(sum(Math.floor(now / windowMs) * windowMs)).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  it("gives back into the window that was taken from", () => {
    const allowance = { algorithm: "slidingWindow", limit: 4, windowMs: 1_000, burst: 4 } as const;
    const first = slidingWindow.take(undefined, allowance, 4, 999);
    const state = slidingWindow.refund(first.state!, allowance, 2, first.grant.at);
    const next = slidingWindow.take(state, allowance, 1, 1_000);
    expect(next.grant).toMatchObject({ allowed: true, remaining: 1 });
    // Two of the window before weigh whole at its end; giving them back frees them and not what is taken now.
    const freed = slidingWindow.refund(next.state!, allowance, 2, first.grant.at);
    expect(slidingWindow.take(freed, allowance, 3, 1_000).grant).toMatchObject({
      allowed: true,
      remaining: 0,
    });
    expect(slidingWindow.refund(next.state!, allowance, 4, -5_000)).toEqual(next.state);
  });
});
