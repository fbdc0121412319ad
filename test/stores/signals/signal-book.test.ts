import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  PACE_MS,
  SignalBook,
  type SignalRecord,
  type SignalTable,
} from "../../../src/stores/signals/signal-book.ts";
import type { SignalReport, SignalTerms } from "../../../src/stores/signals/signal-store.ts";

const BEGIN = 1_795_132_800_000;
const TERMS: SignalTerms = {
  to: { upstream: "operations", path: "/hooks/scale" },
  above: { inFlight: 10, latency: 800 },
  recoverBelow: 0.8,
  for: 30_000,
  every: 120_000,
};

/** An object's storage, and the book over it, which can be dropped from memory. */
function setUp() {
  let stored: string | undefined;
  let writes = 0;
  const table: SignalTable = {
    read: () => (stored === undefined ? undefined : (JSON.parse(stored) as SignalRecord)),
    write(record) {
      writes++;
      stored = JSON.stringify(record);
    },
    clear: () => {
      stored = undefined;
    },
  };
  const clock = { now: BEGIN };
  const decided: number[] = [];
  const newId = () => `signal-${decided.push(clock.now)}`;
  let book = new SignalBook(table, newId, clock.now);
  return {
    clock,
    decided,
    book: () => book,
    stored: () => table.read(),
    writes: () => writes,
    evict() {
      book = new SignalBook(table, newId, clock.now);
    },
    /** An isolate says how many it had in flight. */
    tell(inFlight: number, isolate = "one", more: Partial<SignalReport> = {}) {
      const seen = { calls: 10, busyMs: inFlight * PACE_MS, answers: 10, slow: 0, nearlySlow: 0, refused: 0 };
      const report: SignalReport = { isolate, spanMs: PACE_MS, ...seen, ...more };
      return book.report("shop", TERMS, report, clock.now);
    },
  };
}

describe("the book of an upstream", () => {
  it("adds up what isolates tell, and forgets those that have gone", () => {
    const { tell, clock, book, decided } = setUp();
    // Alone none of them is too much.
    for (let second = -5; second < 60; second += 5) {
      clock.now = BEGIN + second * 1_000;
      for (const isolate of ["a", "b", "c"]) tell(4, isolate);
    }
    expect(decided).toEqual([BEGIN + 30_000]);
    const { body, ...signal } = book().due(clock.now)!;
    expect(signal).toEqual({
      id: "signal-1",
      upstream: "operations",
      path: "/hooks/scale",
      at: BEGIN + 30_000,
      tries: 0,
      due: BEGIN + 30_000,
    });
    expect(JSON.parse(body)).toEqual({
      id: "signal-1",
      type: "upstream.scale-up",
      at: "2026-11-20T00:00:30.000Z",
      upstream: "shop",
      since: "2026-11-20T00:00:00.000Z",
      above: ["inFlight"],
      observed: {
        inFlight: 12,
        callsPerSecond: 6,
        meanMs: 2_000,
        slow: 0,
        shedRate: 0,
        isolates: 3,
      },
      thresholds: { inFlight: 10, latencyMs: 800 },
    });
    book().sent("signal-1", clock.now);
    expect(book().due(clock.now)).toBeUndefined();
    // Nobody tells any more.
    const told = clock.now;
    while (decided.length === 1) {
      clock.now += 15_000;
      book().look(clock.now);
    }
    expect(decided[1]).toBe(told + 120_000);
    expect(JSON.parse(book().due(clock.now)!.body)).toMatchObject({
      type: "upstream.recovered",
      above: [],
      observed: { isolates: 0, inFlight: 0 },
    });
  });

  it("asks isolates to tell less often the more of them there are", () => {
    const { tell } = setUp();
    const paces = Array.from({ length: 3_000 }, (_, index) => tell(0, `isolate-${index}`));
    expect([paces[0], paces[499], paces[1_000], paces.at(-1)]).toEqual([5_000, 5_000, 10_000, 20_000]);
  });

  it("keeps nothing, and does nothing by itself, where there is never too much", () => {
    const { tell, clock, book, stored, writes } = setUp();
    for (let n = 0; n < 100; n++) {
      clock.now += 5_000;
      tell(9.9);
      expect(book().wakeAt(clock.now)).toBeUndefined();
    }
    expect([stored(), writes()]).toEqual([undefined, 0]);
  });

  it("forgets all when it is over, told, and its period has passed", () => {
    const { tell, clock, book, stored, decided } = setUp();
    const go = (inFlight: number, seconds: number) => {
      for (const end = clock.now + seconds * 1_000; clock.now < end; ) {
        clock.now += 5_000;
        tell(inFlight);
        const due = book().due(clock.now);
        if (due !== undefined) book().sent(due.id, clock.now);
      }
    };
    go(20, 60);
    go(1, 180);
    expect(decided).toHaveLength(2);
    expect(stored()).toMatchObject({ state: { raised: false, calledAt: decided[1] } });
    expect(book().wakeAt(clock.now)).toBe(decided[1]! + 120_000);
    clock.now = decided[1]! + 120_000;
    book().look(clock.now);
    expect([stored(), book().wakeAt(clock.now)]).toEqual([undefined, undefined]);
  });

  it("tries a signal again until it has arrived, and counts its period from then", () => {
    const { tell, clock, book, decided } = setUp();
    for (let n = 0; n <= 6; n++) {
      tell(20);
      clock.now += 5_000;
    }
    expect(decided).toHaveLength(1);
    const tries: number[] = [];
    for (let n = 0; n < 5; n++) {
      const signal = book().due(clock.now)!;
      tries.push(signal.tries);
      expect(book().unsent(signal, clock.now)).toBe(true);
      expect(book().due(clock.now)).toBeUndefined();
      clock.now = book().wakeAt(clock.now)!;
    }
    expect(tries).toEqual([0, 1, 2, 3, 4]);
    const arrived = clock.now;
    book().sent("signal-1", arrived);
    while (decided.length === 1) {
      clock.now += 5_000;
      tell(20);
    }
    expect(decided[1]).toBe(arrived + 120_000);
  });

  it("lets what has not arrived give way to what is so now", () => {
    const { tell, clock, book, decided } = setUp();
    for (let n = 0; n <= 6; n++) {
      tell(20);
      clock.now += 5_000;
    }
    const first = book().due(clock.now)!;
    expect(book().unsent(first, clock.now)).toBe(true);
    while (decided.length === 1) {
      clock.now += 5_000;
      tell(0);
    }
    const second = book().due(clock.now)!;
    expect(JSON.parse(second.body).type).toBe("upstream.recovered");
    // What comes of the one that was on its way meanwhile is no matter.
    book().sent(first.id, clock.now);
    expect(book().unsent(first, clock.now)).toBe(false);
    expect(book().due(clock.now)).toEqual(second);
  });

  it("goes on where it was after it was dropped from memory, before all have told again", () => {
    const { tell, clock, book, decided, evict } = setUp();
    const tellAll = (inFlight: number) => {
      for (const isolate of ["a", "b", "c"]) tell(inFlight, isolate);
    };
    clock.now -= 5_000;
    for (let n = 0; n < 6; n++) {
      tellAll(4);
      clock.now += 5_000;
    }
    evict();
    // One of three: alone it is not too much.
    tell(4, "a");
    clock.now += 5_000;
    tellAll(4);
    expect(decided).toEqual([]);
    clock.now += 2_000;
    tellAll(4);
    expect(decided).toEqual([BEGIN + 32_000]);
    evict();
    expect(JSON.parse(book().due(clock.now)!.body).since).toBe(new Date(BEGIN).toISOString());
    clock.now += 5_000;
    tellAll(4);
    expect(decided).toHaveLength(1);
  });

  it("never decides twice in one period, wherever it is dropped from memory and whatever comes of sending", () => {
    const step = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({
          tell: fc.constantFrom(0, 5, 9, 11, 30),
          times: fc.integer({ min: 1, max: 12 }),
        }),
      },
      { weight: 2, arbitrary: fc.constant("evict" as const) },
      { weight: 3, arbitrary: fc.constant("arrives" as const) },
      { weight: 2, arbitrary: fc.constant("fails" as const) },
      { weight: 2, arbitrary: fc.constant("look" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { tell, clock, book, decided, evict } = setUp();
        const arrived: number[] = [];
        for (const step of steps) {
          if (step === "evict") evict();
          else if (step === "look") book().look(clock.now);
          else if (typeof step === "object") {
            for (let n = 0; n < step.times; n++) {
              clock.now += 5_000;
              tell(step.tell, `isolate-${n % 2}`);
            }
          } else {
            const due = book().due(clock.now);
            if (due === undefined) continue;
            if (step === "fails") book().unsent(due, clock.now);
            else {
              book().sent(due.id, clock.now);
              arrived.push(clock.now);
            }
          }
        }
        for (const [index, at] of decided.entries()) {
          if (index > 0) expect(at - decided[index - 1]!).toBeGreaterThanOrEqual(TERMS.every);
          const last = arrived.filter((time) => time < at).at(-1);
          if (last !== undefined) expect(at - last).toBeGreaterThanOrEqual(TERMS.every);
        }
      }),
      { numRuns: 300 },
    );
  });
});
