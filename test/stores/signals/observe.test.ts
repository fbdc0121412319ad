import { describe, expect, it } from "vitest";
import { levelOf, observe } from "../../../src/stores/signals/observe.ts";
import type { SignalReport } from "../../../src/stores/signals/signal-store.ts";

const report = (seen: Partial<SignalReport>): SignalReport => ({
  isolate: "one",
  spanMs: 5_000,
  calls: 0,
  busyMs: 0,
  answers: 0,
  slow: 0,
  nearlySlow: 0,
  refused: 0,
  ...seen,
});

describe("what isolates tell", () => {
  it("is summed up by rates, whatever span each tells of", () => {
    const observed = observe([
      report({ calls: 100, busyMs: 10_000, answers: 90, slow: 9, nearlySlow: 18, refused: 10 }),
      report({ spanMs: 20_000, calls: 400, busyMs: 120_000, answers: 360, slow: 180, nearlySlow: 216 }),
    ]);
    expect(observed.isolates).toBe(2);
    expect(observed.inFlight).toBeCloseTo(8);
    expect(observed.callsPerSecond).toBeCloseTo(40);
    expect(observed.meanMs).toBeCloseTo(200);
    expect(observed.slow).toBeCloseTo(0.3);
    expect(observed.nearlySlow).toBeCloseTo(0.4);
    expect(observed.shedRate).toBeCloseTo(2 / 42);
  });

  it("of nobody is nothing", () => {
    expect(observe([])).toEqual({
      isolates: 0,
      inFlight: 0,
      callsPerSecond: 0,
      meanMs: 0,
      slow: 0,
      nearlySlow: 0,
      shedRate: 0,
    });
  });
});

describe("the level of an upstream", () => {
  const above = { inFlight: 100, latency: 800, shedRate: 0.05 };
  const level = (seen: Partial<ReturnType<typeof observe>>, of: object = above) =>
    levelOf({ ...observe([]), ...seen }, { above: of, recoverBelow: 0.8 });

  it.each([
    [{ inFlight: 100.1 }, ["inFlight"], false],
    [{ inFlight: 100 }, [], false],
    [{ inFlight: 80 }, [], false],
    [{ inFlight: 79.9 }, [], true],
    [{ slow: 0.11, nearlySlow: 0.2 }, ["latency"], false],
    [{ slow: 0.1, nearlySlow: 0.11 }, [], false],
    [{ slow: 0.05, nearlySlow: 0.1 }, [], true],
    [{ shedRate: 0.051 }, ["shedRate"], false],
    [{ shedRate: 0.045 }, [], false],
    [{ shedRate: 0.039 }, [], true],
    [
      { inFlight: 200, slow: 0.5, nearlySlow: 0.5, shedRate: 0.5 },
      ["inFlight", "latency", "shedRate"],
      false,
    ],
    [{ inFlight: 200, shedRate: 0 }, ["inFlight"], false],
    [{}, [], true],
  ] as const)("%o is above %j, below: %s", (seen, expected, below) => {
    expect(level(seen)).toEqual({ above: expected, below });
  });

  it("is not about what has no threshold", () => {
    expect(level({ inFlight: 1e6, slow: 1, nearlySlow: 1, shedRate: 1 }, {})).toEqual({
      above: [],
      below: true,
    });
  });
});
