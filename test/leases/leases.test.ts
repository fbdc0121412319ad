import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketPool } from "../../src/leases/bucket-pool.ts";
import { fixedPool } from "../../src/leases/fixed-pool.ts";
import type { Pool } from "../../src/leases/pool.ts";
import { slidingPool } from "../../src/leases/sliding-pool.ts";
import { playSchedule, type Step } from "./schedule.ts";

const WINDOW = 10_000;
const ISOLATES = 4;

/** What may happen, most of it harmless: shrinking takes away what is not needed for a failure. */
const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(fc.nat(40), fc.nat(1_500), fc.nat(2 * WINDOW)),
  isolate: fc.nat(ISOLATES - 1),
  requests: fc.oneof(fc.constant(1), fc.nat(30)),
  cost: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 9 })),
  giveBack: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  charged: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(40)),
  trip: fc.record({
    there: fc.oneof(fc.nat(100), fc.nat(WINDOW)),
    back: fc.oneof(fc.nat(100), fc.nat(WINDOW)),
  }),
  loss: fc.oneof(
    { weight: 6, arbitrary: fc.constant("none" as const) },
    fc.constantFrom("ask" as const, "answer" as const),
  ),
  again: fc.option(fc.nat(WINDOW), { nil: undefined, freq: 4 }),
  crash: fc.boolean(),
  clockJump: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    fc.integer({ min: 1, max: WINDOW }),
    fc.constant("back" as const),
  ),
});

const schedules = fc.record({
  limit: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 400 })),
  steps: fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
});

describe.each<{
  name: string;
  pool: (limit: number) => Pool<unknown>;
  /** @param over units that may be used beyond the limit */
  allowed: (times: readonly number[], limit: number, over?: number) => boolean;
}>([
  {
    name: "a fixed window",
    pool: (limit) => fixedPool(limit, WINDOW) as Pool<unknown>,
    allowed: (times, limit, over = 0) =>
      [...Map.groupBy(times, (time) => Math.floor(time / WINDOW)).values()].every(
        ({ length }) => length <= limit + over,
      ),
  },
  {
    name: "a sliding window",
    pool: (limit) => slidingPool(limit, WINDOW) as Pool<unknown>,
    allowed: (times, limit, over = 0) => {
      const most = limit + over;
      return times.every((time, index) => index < most || time - times[index - most]! >= WINDOW);
    },
  },
  {
    name: "a bucket",
    pool: (limit) => bucketPool(limit, WINDOW, Math.ceil(limit / 2)) as Pool<unknown>,
    allowed: (times, limit, over = 0) => {
      // The most that any stretch ending here holds above what it refills: Kadane's sum over the gaps.
      let [above, before] = [0, Number.NEGATIVE_INFINITY];
      return times.every((time) => {
        above = Math.max(0, before < 0 ? 0 : above - ((time - before) * limit) / WINDOW) + 1;
        before = time;
        return above <= Math.ceil(limit / 2) + over + 1e-9;
      });
    },
  },
])("leases of $name", ({ pool, allowed }) => {
  it("never let more through than the limit, whatever is late, lost, said twice or forgotten", () => {
    fc.assert(
      fc.property(schedules, ({ limit, steps }) => {
        const { spent } = playSchedule(pool(limit), ISOLATES, steps);
        expect(allowed(spent, limit)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never do so through a relay either", () => {
    fc.assert(
      fc.property(schedules, ({ limit, steps }) => {
        const { spent } = playSchedule(pool(limit), ISOLATES, steps, { relayed: true });
        expect(allowed(spent, limit)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("let no more through beyond it than all isolates may owe together", () => {
    fc.assert(
      fc.property(schedules, fc.integer({ min: 1, max: 5 }), ({ limit, steps }, slack) => {
        const lasting = steps.map((each) => ({ ...each, crash: false }));
        const { spent } = playSchedule(pool(limit), ISOLATES, lasting, { slack });
        expect(allowed(spent, limit, ISOLATES * slack)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("refuse only what the store had no token for, or what it told them to", () => {
    fc.assert(
      fc.property(schedules, ({ limit, steps }) => {
        expect(playSchedule(pool(limit), ISOLATES, steps).unfounded).toEqual([]);
        expect(playSchedule(pool(limit), ISOLATES, steps, { relayed: true }).unfounded).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("let everything through that comes to a lone isolate within the limit", () => {
    const steps: Step[] = Array.from({ length: 20 }, () => ({
      wait: 30,
      isolate: 0,
      requests: 1,
      cost: 1,
      giveBack: false,
      charged: 0,
      trip: { there: 5, back: 5 },
      loss: "none",
      again: undefined,
      crash: false,
      clockJump: 0,
    }));
    const { spent } = playSchedule(pool(40), ISOLATES, steps);
    expect(spent).toHaveLength(20);
  });
});
