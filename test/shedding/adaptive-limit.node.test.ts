import { describe, expect, it } from "vitest";
import { AdaptiveLimit } from "../../src/shedding/adaptive-limit.ts";
import { type Load, simulate, within } from "./simulated-upstream.ts";

const bounds = { start: 20, min: 4, max: 1_000 };
/** 20 at once, 100 ms each: 200 a second. */
const steady: Load = { workers: () => 20, work: () => 100, rate: () => 100, seconds: 120, bounds };

describe("an upstream's limit, under virtual time", () => {
  it("sheds nothing below capacity", () => {
    for (const share of [0.3, 0.6, 0.8]) {
      expect([share, within(simulate({ ...steady, rate: () => 200 * share }), 5, 120).shed]).toEqual([
        share,
        0,
      ]);
    }
  });

  it.each([
    ["20 at once", steady, 200],
    ["one at a time", { ...steady, workers: () => 1, work: () => 10 }, 100],
    ["200 at once", { ...steady, workers: () => 200, work: () => 100, seconds: 60 }, 2_000],
  ] as const)(
    "serves 90 %% of capacity at three times the load, and answers soon: %s",
    (_, load, capacity) => {
      const outcomes = simulate({ ...load, rate: () => 3 * capacity });
      const { rate, slowest } = within(outcomes, 15, load.seconds);
      expect(rate).toBeGreaterThanOrEqual(0.9 * capacity);
      expect(slowest).toBeLessThanOrEqual(Math.max(4 * load.work(0, 0), 80));
      // Without it, they wait longer and longer.
      const unbounded = simulate({
        ...load,
        rate: () => 3 * capacity,
        bounds: undefined as never,
        seconds: 20,
      });
      expect(within(unbounded, 15, 20).median).toBeGreaterThan(5_000);
    },
  );

  it("bears noise: at any load it serves what can be served", () => {
    // Heavy-tailed: a median of 140 ms, and one in thirty above a second were it not cut off there.
    const work = (_: number, chance: number) => Math.min(1_000, 60 + 40 / Math.max(0.03, 1 - chance));
    const mean =
      Array.from({ length: 10_000 }, (_, n) => work(0, n / 10_000)).reduce((a, b) => a + b) / 10_000;
    const capacity = (20 * 1_000) / mean;
    const calm = within(simulate({ ...steady, work, rate: () => capacity * 0.5 }), 5, 120);
    expect(calm.shed / (calm.rate * 115)).toBeLessThan(0.01);
    const stormy = within(simulate({ ...steady, work, rate: () => capacity * 3 }), 10, 120);
    expect(stormy.rate).toBeGreaterThanOrEqual(0.9 * capacity);
    expect(stormy.slowest).toBeLessThan(2_500);
  });

  it("follows a step of the load up and down", () => {
    const rate = (now: number) => (now > 30_000 && now < 60_000 ? 600 : 100);
    const outcomes = simulate({ ...steady, rate, seconds: 90 });
    expect(within(outcomes, 5, 30).shed).toBe(0);
    const peak = within(outcomes, 33, 60);
    expect(peak.rate).toBeGreaterThanOrEqual(180);
    expect(peak.slowest).toBeLessThanOrEqual(400);
    expect(within(outcomes, 62, 90)).toMatchObject({ shed: 0, slowest: 100 });
  });

  it("finds what an upstream that has become slower can do, and what it can once it has recovered", () => {
    const workers = (now: number) => (now > 30_000 && now < 60_000 ? 5 : 20);
    const fewer = simulate({ ...steady, workers, rate: () => 150, seconds: 90 });
    const throttled = within(fewer, 35, 60);
    expect(throttled.rate).toBeGreaterThanOrEqual(45);
    expect(throttled.slowest).toBeLessThanOrEqual(600);
    expect(within(fewer, 65, 90).rate).toBeGreaterThanOrEqual(147);

    // Every answer takes three times as long, whoever is let in: fewer at once would make none of them faster.
    const work = (now: number) => (now > 30_000 && now < 60_000 ? 300 : 100);
    const slower = simulate({ ...steady, work, rate: () => 150, seconds: 90 });
    expect(within(slower, 36, 60).rate).toBeGreaterThanOrEqual(0.9 * (20_000 / 300));
    expect(within(slower, 65, 90).rate).toBeGreaterThanOrEqual(147);
  });

  it("stays within its bounds, whatever it is told", () => {
    const limit = new AdaptiveLimit({ start: 10, min: 4, max: 12 }, 0);
    for (let now = 0; now < 20_000; now += 10) limit.answered(now - 10, now, 12);
    expect(limit.current).toBe(12);
    for (let now = 20_000; now < 25_000; now += 10) limit.answered(now - 5_000, now, 12);
    expect(limit.current).toBeLessThanOrEqual(12);
    for (let now = 25_000; now < 40_000; now += 10) {
      limit.answered(now - now / 4, now, 12);
      expect(limit.current).toBeGreaterThanOrEqual(1);
    }
  });
});
