import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../../../src/leases/ledger.ts";
import type { Ask } from "../../../src/leases/message.ts";
import type { Pool } from "../../../src/leases/pool.ts";
import { poolOf } from "../../../src/leases/pool-of.ts";
import type { AlgorithmName, Allowance } from "../../../src/stores/counters/counter-store.ts";
import { CALM_MS } from "../../../src/stores/counters/keeping.ts";
import { KeptLedger, type StoredLedger } from "../../../src/stores/counters/kept-ledger.ts";
import { asksOf, schedules, UNKNOWN } from "../../contract/asks.ts";

const START = Math.floor(4_000_000_000_000 / 60_000) * 60_000;
const ALGORITHMS: readonly AlgorithmName[] = ["slidingWindow", "fixedWindow", "tokenBucket"];

/** A ledger that is kept in a storage of its own, and may lose its memory. */
function kept() {
  let stored: StoredLedger | undefined;
  let writes = 0;
  const open = (now: number) =>
    new KeptLedger(structuredClone(stored), now, (written) => {
      stored = structuredClone(written);
      writes++;
    });
  let ledger = open(START);
  let calmFrom = 0;
  return {
    /** Lets pass what time there was, with the timer that the object would have set. */
    lease(allowance: Allowance, ask: Ask, now: number) {
      if (now - calmFrom >= CALM_MS) ledger.settle();
      const granted = ledger.lease(allowance, ask, now);
      calmFrom = ledger.changedAt;
      return granted;
    },
    crash(now: number) {
      ledger = open(now);
    },
    get writes() {
      return writes;
    },
    get stored() {
      return stored;
    },
    get ledger() {
      return ledger;
    },
  };
}

/** A ledger in the very memory of which every grant is taken down. */
function living(allowance: Allowance) {
  const pool: Pool<unknown> = poolOf(allowance);
  const { tokens }: Ledger<unknown> = openLedger(pool);
  return {
    left: (now: number) => pool.supply(tokens, now).left,
    charge: (units: number, now: number) => units > 0 && pool.charge(tokens, units, now),
    take: (units: number, now: number) => pool.take(tokens, units, now),
  };
}

describe.each(ALGORITHMS)("a ledger in storage, counting by %s", (algorithm) => {
  it("never grants what the one in memory would not, however often and whenever memory is lost", () => {
    const property = fc.property(
      schedules(algorithm, 120),
      fc.array(fc.boolean(), { minLength: 1 }),
      // How long storage alone is left with it, in windows.
      fc.array(fc.double({ min: 0, max: 1.2, noNaN: true }), { minLength: 1 }),
      // Who takes all there is finds out what was forgotten.
      fc.array(fc.constantFrom(false, false, true), { minLength: 1 }),
      (schedule, crashes, pauses, greed) => {
        const { allowance } = schedule;
        const storage = kept();
        const memory = living(allowance);
        let later = 0;
        let index = 0;
        for (const { now: planned, ask: asked } of asksOf(schedule, START)) {
          const at = index++;
          const ask = greed[at % greed.length] ? { ...asked, want: allowance.burst } : asked;
          if (crashes[at % crashes.length]) {
            later += Math.floor(pauses[at % pauses.length]! ** 4 * allowance.windowMs);
            storage.crash(planned + later);
          }
          const now = planned + later;
          memory.left(now);
          memory.charge(ask.owed, now);
          const left = memory.left(now);
          const { tokens } = storage.lease(allowance, ask, now);
          expect(tokens).toBeLessThanOrEqual(left);
          memory.take(tokens, now);
        }
      },
    );
    fc.assert(property, { numRuns: 400 });
  });

  it("has no more at any later moment than the one in memory", () => {
    const property = fc.property(schedules(algorithm, 12), fc.nat(2_000), (schedule, pause) => {
      const { allowance } = schedule;
      const storage = kept();
      const memory = living(allowance);
      let at = START;
      for (const { now, ask } of asksOf(schedule, START)) {
        memory.left(now);
        memory.charge(ask.owed, now);
        memory.take(storage.lease(allowance, ask, now).tokens, now);
        at = now;
      }
      const { spanMs } = poolOf(allowance);
      for (let probe = 0; probe <= 80; probe++) {
        const later = at + pause + Math.floor((probe * 1.1 * spanMs) / 80);
        const restored = new KeptLedger(structuredClone(storage.stored), at + pause, () => {});
        const { tokens } = restored.lease(allowance, { ...UNKNOWN, want: 2 * allowance.burst }, later);
        expect(tokens).toBeLessThanOrEqual(memory.left(later));
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  it("costs no more than a hundredth of the limit, or a second's refill, where memory is lost", () => {
    const property = fc.property(schedules(algorithm, 60), (schedule) => {
      const { allowance } = schedule;
      const { limit, windowMs, burst } = allowance;
      const storage = kept();
      const memory = living(allowance);
      let taken = 0;
      for (const { now, ask } of asksOf(schedule, START)) {
        memory.left(now);
        memory.charge(ask.owed, now);
        const { tokens } = storage.lease(allowance, ask, now);
        memory.take(tokens, now);
        taken += tokens + ask.owed;
        const second = algorithm === "tokenBucket" ? Math.min(burst, (limit * 1_000) / windowMs) : 0;
        const most = Math.max(Math.max(burst, taken) / 100, second);
        const restored = new KeptLedger(structuredClone(storage.stored), now, () => {});
        const { tokens: all } = restored.lease(allowance, { ...UNKNOWN, want: burst }, now);
        expect(all).toBeGreaterThanOrEqual(memory.left(now) - most - 1);
        expect(all).toBeLessThanOrEqual(memory.left(now));
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  it("is written about a hundred times a window, however many ask", () => {
    const allowance: Allowance = { algorithm, limit: 20_000, windowMs: 60_000, burst: 20_000 };
    const storage = kept();
    for (let ms = 0; ms < 60_000; ms += 2) storage.lease(allowance, UNKNOWN, START + ms);
    expect(storage.writes).toBeGreaterThan(20);
    expect(storage.writes).toBeLessThanOrEqual(120);
  });

  it("is not written for every unit that is owed beyond a small limit", () => {
    const allowance: Allowance = { algorithm, limit: 20, windowMs: 60_000, burst: 20 };
    const storage = kept();
    for (let ms = 0; ms < 10_000; ms++) {
      storage.lease(allowance, { ...UNKNOWN, want: 0, owed: 1 }, START + ms);
    }
    expect(storage.writes).toBeLessThanOrEqual(600);
  });

  it("is not written for asks that are granted nothing", () => {
    const allowance: Allowance = { algorithm, limit: 5, windowMs: 60_000, burst: 5 };
    const storage = kept();
    storage.lease(allowance, { ...UNKNOWN, want: 5 }, START);
    const { writes } = storage;
    for (let ms = 0; ms < 500; ms++) storage.lease(allowance, UNKNOWN, START + ms);
    expect(storage.writes).toBe(writes);
  });

  it("is exact after a calm second, and costs nothing then", () => {
    const allowance: Allowance = { algorithm, limit: 5_000, windowMs: 60_000, burst: 5_000 };
    const storage = kept();
    let granted = 0;
    for (let ms = 0; ms < 20; ms++) granted += storage.lease(allowance, UNKNOWN, START + ms).tokens;
    storage.ledger.settle();
    expect(storage.stored?.ahead).toBe(0);
    storage.crash(START + 20);
    const { tokens } = storage.lease(allowance, { ...UNKNOWN, want: 5_000 }, START + 20);
    expect(tokens).toBe(5_000 - granted);
  });

  it("is not written at all where all has come back within ten seconds", () => {
    const allowance: Allowance = { algorithm, limit: 10, windowMs: 4_000, burst: 10 };
    const storage = kept();
    storage.lease(allowance, UNKNOWN, START);
    expect(storage.writes).toBe(0);
    expect(storage.ledger.exact).toBe(true);
  });

  it("holds no less for a key whose limit changes to and fro", () => {
    const large: Allowance = { algorithm, limit: 100, windowMs: 60_000, burst: 100 };
    const small: Allowance = { algorithm, limit: 10, windowMs: 60_000, burst: 10 };
    const ledger = new KeptLedger(undefined, START, () => {});
    const all = { ...UNKNOWN, want: 100 };
    expect(ledger.lease(large, all, START).tokens).toBe(100);
    expect(ledger.lease(small, all, START).tokens).toBe(0);
    expect(ledger.lease(large, all, START + 10).tokens).toBe(0);
    const { spanMs } = poolOf(large);
    expect(ledger.lease(small, all, START + 2 * spanMs).tokens).toBe(10);
  });
});
