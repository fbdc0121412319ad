import { describe, expect, it } from "vitest";
import { overshoot } from "../../../scripts/simulate/oracle.ts";

describe("overshoot", () => {
  const allowed = { limit: 2, windowMs: 100, burst: 2 };

  it("is of the worst window of the clock", () => {
    const fixed = { ...allowed, algorithm: "fixedWindow" } as const;
    expect(overshoot([98, 99, 100, 101], fixed)).toBe(0);
    expect(overshoot([98, 99, 99.5, 100], fixed)).toBe(1);
  });

  it("is of the worst stretch of a window's length", () => {
    const sliding = { ...allowed, algorithm: "slidingWindow" } as const;
    expect(overshoot([0, 50, 100, 150], sliding)).toBe(0);
    expect(overshoot([98, 99, 100, 101], sliding)).toBe(2);
  });

  it("is of the worst stretch at all above what a bucket holds and refills", () => {
    const bucket = { ...allowed, algorithm: "tokenBucket" } as const;
    expect(overshoot([0, 0, 50, 100], bucket)).toBe(0);
    expect(overshoot([0, 0, 49], bucket)).toBe(1);
    expect(overshoot([], bucket)).toBe(0);
  });
});
