import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CounterState } from "../../../src/stores/counters/algorithm.ts";
import { slidingWindow } from "../../../src/stores/counters/sliding-window.ts";
import { algorithmContract } from "../../contract/algorithm.ts";
import { eventsOf, histories } from "../../contract/histories.ts";

algorithmContract({
  name: "slidingWindow",
  algorithm: slidingWindow,
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
