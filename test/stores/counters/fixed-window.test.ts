import { describe, expect, it } from "vitest";
import type { Allowance } from "../../../src/stores/counters/counter-store.ts";
import { fixedWindow } from "../../../src/stores/counters/fixed-window.ts";
import { algorithmContract, type Definition } from "../../contract/algorithm.ts";

/** A sum for each window. */
class Sums implements Definition {
  readonly #sums = new Map<number, number>();
  readonly #allowance: Allowance;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  left(now: number): number {
    return this.#allowance.limit - (this.#sums.get(this.#window(now)) ?? 0);
  }

  take(cost: number, now: number): boolean {
    const left = this.left(now);
    if (cost > left) return false;
    this.#sums.set(this.#window(now), this.#allowance.limit - left + cost);
    return true;
  }

  #window(now: number): number {
    return (now - (now % this.#allowance.windowMs)) / this.#allowance.windowMs;
  }
}

algorithmContract({
  name: "fixedWindow",
  algorithm: fixedWindow,
  define: (allowance) => new Sums(allowance),
});

describe("fixedWindow", () => {
  const allowance = { algorithm: "fixedWindow", limit: 3, windowMs: 86_400_000, burst: 3 } as const;
  const midnight = Date.UTC(2026, 10, 21);

  it("begins anew with the day of the clock", () => {
    const { state } = fixedWindow.take(undefined, allowance, 3, midnight - 1);
    expect(fixedWindow.take(state, allowance, 1, midnight - 1).grant).toMatchObject({
      allowed: false,
      resetMs: 1,
    });
    expect(fixedWindow.take(state, allowance, 3, midnight).grant.allowed).toBe(true);
  });

  it("gives nothing back into another window", () => {
    const { state, grant } = fixedWindow.take(undefined, allowance, 3, midnight - 1);
    const next = fixedWindow.take(state, allowance, 2, midnight);
    expect(fixedWindow.refund(next.state!, allowance, 3, grant.at)).toEqual(next.state);
  });
});
