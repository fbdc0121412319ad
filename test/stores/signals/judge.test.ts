import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Call, judge, LONGEST_GAP_MS, type SignalState } from "../../../src/stores/signals/judge.ts";
import type { Level } from "../../../src/stores/signals/observe.ts";

const BEGIN = 1_000_000;
const LEVELS = {
  above: { above: ["latency"], below: false },
  between: { above: [], below: false },
  below: { above: [], below: true },
} as const satisfies Record<string, Level>;

interface Step {
  readonly after: number;
  readonly level: keyof typeof LEVELS;
}
interface Terms {
  readonly for: number;
  readonly every: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  after: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 15_000 }) }, fc.nat(400_000)),
  level: fc.oneof(
    { weight: 3, arbitrary: fc.constant("above" as const) },
    { weight: 1, arbitrary: fc.constant("between" as const) },
    { weight: 3, arbitrary: fc.constant("below" as const) },
  ),
});
// The same again and again, as it is where something stays.
const steps = fc
  .array(fc.tuple(step, fc.integer({ min: 1, max: 12 })), { maxLength: 40 })
  .map((runs) => runs.flatMap(([each, times]) => Array<Step>(times).fill(each)));
const terms: fc.Arbitrary<Terms> = fc.record({
  for: fc.integer({ min: 5_000, max: 60_000 }),
  every: fc.integer({ min: 10_000, max: 600_000 }),
});

/** Judges step by step; what is remembered goes through JSON each time, as where an object is dropped from memory. */
function play(given: readonly Step[], by: Terms) {
  let now = BEGIN;
  let state: SignalState | undefined;
  const seen: Array<{ readonly at: number; readonly level: Step["level"] }> = [];
  const calls: Array<Call & { readonly at: number }> = [];
  for (const { after, level } of given) {
    now += after;
    seen.push({ at: now, level });
    const judged = judge(state, LEVELS[level], by, now);
    if (judged.call !== undefined) calls.push({ ...judged.call, at: now });
    state = judged.state && (JSON.parse(JSON.stringify(judged.state)) as SignalState);
  }
  return { seen, calls, state };
}

const runs = { numRuns: 500 };

describe("a judgement over signals", () => {
  it("never calls twice in one period", () => {
    fc.assert(
      fc.property(steps, terms, (given, by) => {
        const { calls } = play(given, by);
        for (const [index, { at }] of calls.entries()) {
          if (index > 0) expect(at - calls[index - 1]!.at).toBeGreaterThanOrEqual(by.every);
        }
      }),
      runs,
    );
  });

  it("calls for nothing that did not go on for long enough, all the time and seen to", () => {
    fc.assert(
      fc.property(steps, terms, (given, by) => {
        const { calls, seen } = play(given, by);
        for (const { type, since, at } of calls) {
          expect(at - since).toBeGreaterThanOrEqual(by.for);
          const level = type === "upstream.scale-up" ? "above" : "below";
          const during = seen.filter((each) => each.at > since && each.at <= at);
          expect(during.filter((each) => each.level !== level && each.at < at)).toEqual([]);
          const times = [since, ...during.map((each) => each.at)];
          for (const [index, time] of times.entries()) {
            if (index > 0) expect(time - times[index - 1]!).toBeLessThanOrEqual(LONGEST_GAP_MS);
          }
        }
      }),
      runs,
    );
  });

  it("says that it is over once, and only where it has said that there was something", () => {
    fc.assert(
      fc.property(steps, terms, (given, by) => {
        const types = play(given, by).calls.map(({ type }) => type);
        for (const [index, type] of types.entries()) {
          if (type === "upstream.recovered") expect(types[index - 1]).toBe("upstream.scale-up");
        }
      }),
      runs,
    );
  });

  it("does not flap: what goes up and down around the one threshold calls no more than once a period, and never over", () => {
    const around = fc.array(
      fc.record({
        after: fc.integer({ min: 1, max: 15_000 }),
        level: fc.constantFrom("above" as const, "between" as const),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(around, terms, (given, by) => {
        const types = play(given, by).calls.map(({ type }) => type);
        expect(types.filter((type) => type !== "upstream.scale-up")).toEqual([]);
      }),
      runs,
    );
  });

  it("calls as soon as it may where there is too much, again each period, and as soon as it may when it is over", () => {
    const by = { for: 30_000, every: 300_000 };
    const of = (level: Step["level"], times: number) => Array<Step>(times).fill({ after: 5_000, level });
    const { calls, state } = play([...of("above", 75), ...of("below", 80)], by);
    const begun = BEGIN + 5_000;
    const over = BEGIN + 76 * 5_000;
    expect(calls).toEqual([
      { type: "upstream.scale-up", since: begun, at: begun + 30_000 },
      { type: "upstream.scale-up", since: begun, at: begun + 330_000 },
      { type: "upstream.recovered", since: over, at: begun + 630_000 },
    ]);
    // Remembered for as long as the period lasts.
    expect(state).toMatchObject({ raised: false, calledAt: begun + 630_000 });
  });

  it("remembers nothing of what is calm", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("between" as const, "below" as const)), terms, (levels, by) => {
        const { state } = play(
          levels.map((level) => ({ after: 5_000, level })),
          by,
        );
        expect(state).toBeUndefined();
      }),
      runs,
    );
  });

  it("lets a period last no shorter where the clock is set back", () => {
    const by = { for: 10_000, every: 60_000 };
    const back = fc.array(fc.record({ after: fc.integer({ min: 1, max: 20_000 }), back: fc.nat(200_000) }), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(back, (given) => {
        let [now, passed] = [BEGIN, 0];
        let state: SignalState | undefined;
        let called: number | undefined;
        for (const { after, back } of given) {
          passed += after;
          now += after - (back > 150_000 ? back : 0);
          const judged = judge(state, LEVELS.above, by, now);
          ({ state } = judged);
          if (judged.call === undefined) continue;
          if (called !== undefined) expect(passed - called).toBeGreaterThanOrEqual(by.every);
          called = passed;
        }
      }),
      runs,
    );
  });
});
