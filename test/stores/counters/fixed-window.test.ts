import { describe, expect, it } from "vitest";
import { fixedWindow } from "../../../src/stores/counters/fixed-window.ts";
import { algorithmContract } from "../../contract/algorithm.ts";

algorithmContract({
  name: "fixedWindow",
  algorithm: fixedWindow,
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
