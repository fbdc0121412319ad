import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CounterState } from "../../../src/stores/counters/algorithm.ts";
import { tokenBucket } from "../../../src/stores/counters/token-bucket.ts";
import { algorithmContract } from "../../contract/algorithm.ts";
import { eventsOf, histories } from "../../contract/histories.ts";

algorithmContract({
  name: "tokenBucket",
  algorithm: tokenBucket,
});

describe("tokenBucket", () => {
  const allowance = { algorithm: "tokenBucket", limit: 60, windowMs: 60_000, burst: 5 } as const;

  it("lets a burst through at once, and then as many as flow in", () => {
    let state: CounterState | undefined;
    const grantedAt = (now: number, asked: number) => {
      let granted = 0;
      for (let i = 0; i < asked; i++) {
        const taken = tokenBucket.take(state, allowance, 1, now);
        state = taken.state;
        if (taken.grant.allowed) granted++;
      }
      return granted;
    };
    expect([grantedAt(0, 9), grantedAt(999, 9), grantedAt(1_000, 9), grantedAt(4_000, 9)]).toEqual([
      5, 0, 1, 3,
    ]);
    expect(grantedAt(3_600_000, 9)).toBe(5);
  });

  it("grants no more in any stretch of time than a full bucket and what flows in", () => {
    fc.assert(
      fc.property(histories("tokenBucket"), (history) => {
        const { limit, windowMs, burst } = history.allowance;
        let state: CounterState | undefined;
        const granted: Array<{ now: number; cost: number }> = [];
        for (const { now, cost } of eventsOf(history)) {
          const taken = tokenBucket.take(state, history.allowance, cost, now);
          state = taken.state;
          if (taken.grant.allowed) granted.push({ now, cost });
        }
        for (const [index, { now: from }] of granted.entries()) {
          let sum = 0n;
          for (const { now, cost } of granted.slice(index)) {
            sum += BigInt(cost);
            const allowed = BigInt(burst) * BigInt(windowMs) + BigInt(now - from) * BigInt(limit);
            expect(sum * BigInt(windowMs) <= allowed).toBe(true);
          }
        }
      }),
    );
  });

  it("does not drift however often it is asked", () => {
    const thirds = { algorithm: "tokenBucket", limit: 3, windowMs: 1_000, burst: 3 } as const;
    let state: CounterState | undefined;
    let granted = 0;
    for (let now = 0; now <= 1_000_000; now++) {
      const taken = tokenBucket.take(state, thirds, 1, now);
      state = taken.state;
      if (taken.grant.allowed) granted++;
    }
    expect(granted).toBe(3 + 3_000);
  });

  it("gives back no more than the hole that is still there", () => {
    const slow = { algorithm: "tokenBucket", limit: 1, windowMs: 1_000, burst: 10 } as const;
    const reserved = tokenBucket.take(undefined, slow, 5, 0);
    // At 4 s four of the five have flowed in again, and another caller takes all that is there.
    const other = tokenBucket.take(reserved.state, slow, 9, 4_000);
    expect(other.grant).toMatchObject({ allowed: true, remaining: 0 });
    const state = tokenBucket.refund(other.state!, slow, 5, reserved.grant.at);
    expect(tokenBucket.take(state, slow, 1, 4_000).grant).toMatchObject({ allowed: true, remaining: 0 });
  });

  it("takes a bucket that was made smaller for full, not for overfull", () => {
    const { state } = tokenBucket.take(undefined, { ...allowance, burst: 100 }, 1, 0);
    expect(tokenBucket.take(state, allowance, 1, 0).grant.remaining).toBe(4);
  });
});
