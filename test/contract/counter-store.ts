import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { CounterState } from "../../src/stores/counters/algorithm.ts";
import { algorithms } from "../../src/stores/counters/algorithms.ts";
import type {
  AlgorithmName,
  Allowance,
  CounterStore,
  Grant,
} from "../../src/stores/counters/counter-store.ts";
import { define } from "./definitions.ts";
import { DAY, eventsOf, lastingHistories } from "./histories.ts";

const WINDOW = 60_000;
/** The start of a window, so that tests know how far they are into it. */
const START = Math.floor(1_800_000_000_000 / WINDOW) * WINDOW;

const ALGORITHMS: readonly AlgorithmName[] = ["slidingWindow", "fixedWindow", "tokenBucket"];

/** Histories that a store is taken through: each is up to sixty takes, one after the other. */
const HISTORIES = { numRuns: 20 };

/** So many units a minute. */
export function perMinute(limit: number, algorithm: AlgorithmName = "slidingWindow"): Allowance {
  return { algorithm, limit, windowMs: WINDOW, burst: limit };
}

/** What every counter store must do, seen from outside. @param open gives a store whose clock is `Date.now`; called once */
export function counterStoreContract(name: string, open: () => CounterStore | Promise<CounterStore>): void {
  describe(`counter store: ${name}`, () => {
    let store: CounterStore;
    let key: string;
    let keys = 0;
    const at = (ms: number): void => void vi.setSystemTime(START + ms);

    beforeAll(async () => {
      store = await open();
    });
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["Date"], now: START });
      key = `contract ${name} ${keys++}`;
    });
    afterEach(() => void vi.useRealTimers());
    afterAll(() => void vi.useRealTimers());

    for (const algorithm of ALGORITHMS) {
      const ask = (verb: "take" | "peek", limit: number, cost: number, of: string) =>
        store[verb]({ key: of, allowance: perMinute(limit, algorithm), cost });
      const take = async (limit: number, cost = 1, of = key) => (await ask("take", limit, cost, of)) as Grant;
      const peek = async (limit: number) => ask("peek", limit, 1, key);
      const refund = async (limit: number, cost: number, { at }: Grant) =>
        store.refund({ key, allowance: perMinute(limit, algorithm), cost, at });
      const charge = async (limit: number, cost: number) =>
        store.charge({ key, allowance: perMinute(limit, algorithm), cost });
      const takeTimes = async (times: number, limit: number): Promise<number> => {
        let allowed = 0;
        for (let i = 0; i < times; i++) if ((await take(limit)).allowed) allowed++;
        return allowed;
      };

      describe(algorithm, () => {
        it("grants up to the limit, then refuses", async () => {
          at(1_000);
          const grants = [await take(3), await take(3), await take(3), await take(3)];
          expect(grants.map(({ allowed }) => allowed)).toEqual([true, true, true, false]);
          expect(grants.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0]);
        });

        it("grants exactly the limit to callers that come at once", async () => {
          at(1_000);
          const grants = await Promise.all(Array.from({ length: 200 }, () => take(50)));
          expect(grants.filter(({ allowed }) => allowed)).toHaveLength(50);
          expect((await take(50)).allowed).toBe(false);
        });

        it("counts each key for itself", async () => {
          expect(await takeTimes(3, 2)).toBe(2);
          expect((await take(2, 1, `${key} other`)).allowed).toBe(true);
        });

        it("gives the whole limit again two windows later", async () => {
          expect(await takeTimes(5, 5)).toBe(5);
          at(2 * WINDOW);
          expect(await takeTimes(6, 5)).toBe(5);
        });

        it("takes nothing for what it refuses, so a caller who keeps trying recovers", async () => {
          at(1_000);
          expect(await takeTimes(60, 10)).toBe(10);
          at(WINDOW + WINDOW / 2);
          expect(await takeTimes(10, 10)).toBe(
            { slidingWindow: 5, fixedWindow: 10, tokenBucket: 10 }[algorithm],
          );
        });

        it("tells when the refused take will succeed", async () => {
          at(20_000);
          await takeTimes(4, 4);
          const refused = await take(4);
          expect(refused.allowed).toBe(false);
          at(20_000 + refused.resetMs - 1);
          expect((await take(4)).allowed).toBe(false);
          at(20_000 + refused.resetMs);
          expect((await take(4)).allowed).toBe(true);
        });

        it("tells when a granted take's unit comes back", async () => {
          at(20_000);
          const first = await take(4);
          at(20_000 + first.resetMs);
          expect((await take(4)).remaining).toBe(3);
        });

        it("takes all units of a cost or none", async () => {
          expect(await take(10, 7)).toMatchObject({ allowed: true, remaining: 3 });
          expect(await take(10, 4)).toMatchObject({ allowed: false, remaining: 3 });
          expect(await take(10, 3)).toMatchObject({ allowed: true, remaining: 0 });
        });

        it("grants exactly the limit to costs that come at once", async () => {
          const grants = await Promise.all(Array.from({ length: 40 }, () => take(100, 7)));
          expect(grants.filter(({ allowed }) => allowed)).toHaveLength(14);
          expect(await take(100, 2)).toMatchObject({ allowed: true, remaining: 0 });
        });

        it("counts the largest limits over the longest window to the unit", async () => {
          const huge = 100_000_000;
          const allowance = { algorithm, limit: huge, windowMs: 86_400_000, burst: huge };
          const takeOf = (cost: number) => store.take({ key, allowance, cost });
          expect(await takeOf(huge - 2)).toMatchObject({ allowed: true, remaining: 2 });
          expect(await takeOf(1)).toMatchObject({ allowed: true, remaining: 1 });
          expect(await takeOf(2)).toMatchObject({ allowed: false, remaining: 1 });
        });

        it("frees nothing when the clock goes back", async () => {
          at(3 * WINDOW);
          expect(await takeTimes(3, 3)).toBe(3);
          at(WINDOW);
          expect(await takeTimes(3, 3)).toBe(0);
        });

        it("says what a take would be answered, and takes nothing", async () => {
          expect(await peek(2)).toMatchObject({ allowed: true, remaining: 1 });
          expect(await peek(2)).toMatchObject({ allowed: true, remaining: 1 });
          await takeTimes(2, 2);
          const refused = await take(2);
          expect(await peek(2)).toMatchObject({ allowed: false, remaining: 0, resetMs: refused.resetMs });
          expect(await takeTimes(1, 2)).toBe(0);
        });

        it("takes back what a take was granted", async () => {
          at(1_000);
          const grant = await take(5, 3);
          await take(5, 2);
          expect((await take(5)).allowed).toBe(false);
          await refund(5, 3, grant);
          expect(await takeTimes(5, 5)).toBe(3);
        });

        it("is as full as ever once everything was given back", async () => {
          at(59_990);
          const grants = await Promise.all(Array.from({ length: 20 }, () => take(20)));
          await Promise.all(grants.map((grant) => refund(20, 1, grant)));
          expect(await takeTimes(25, 20)).toBe(20);
        });

        it("takes nothing back that is there again already", async () => {
          at(WINDOW - 1);
          const grant = await take(2, 2);
          at(3 * WINDOW);
          expect(await takeTimes(2, 2)).toBe(2);
          await refund(2, 2, grant);
          expect(await takeTimes(2, 2)).toBe(0);
        });

        it(`decides as the definition does, whatever is asked`, async () => {
          let counters = 0;
          const property = fc.asyncProperty(lastingHistories(algorithm), async (history) => {
            const { allowance } = history;
            const definition = define(allowance);
            const counter = `${key} ${counters++}`;
            for (const { now, cost } of eventsOf(history)) {
              vi.setSystemTime(now);
              const left = definition.left(now);
              expect(await store.peek({ key: counter, allowance })).toMatchObject({
                allowed: left > 0,
                remaining: Math.max(0, left - 1),
              });
              expect(await store.take({ key: counter, allowance, cost })).toMatchObject({
                allowed: definition.take(cost, now),
                remaining: definition.left(now),
              });
            }
          });
          await fc.assert(property, HISTORIES);
        });

        it(`answers as the algorithm does to what is given back or charged, and where the clock goes back`, async () => {
          let counters = 0;
          // How far the clock lies back at each take; without one nothing does, and takes are given back.
          const backwards = fc.option(fc.array(fc.integer({ min: 0, max: 2 * DAY }), { minLength: 1 }), {
            nil: undefined,
          });
          const property = fc.asyncProperty(lastingHistories(algorithm), backwards, async (history, back) => {
            const { allowance } = history;
            const { take, refund, charge } = algorithms[algorithm];
            const counter = `${key} ${counters++}`;
            let state: CounterState | undefined;
            const due: Array<{ cost: number; at: number; in: number }> = [];
            let index = 0;
            for (const { now: forwards, cost, backAfter } of eventsOf(history)) {
              const now = forwards - (back?.[index++ % back.length] ?? 0);
              vi.setSystemTime(now);
              const expected = take(state, allowance, cost, now);
              state = expected.state;
              expect(await store.take({ key: counter, allowance, cost })).toEqual(expected.grant);
              if (expected.grant.allowed && back === undefined && backAfter !== undefined) {
                due.push({ cost, at: expected.grant.at, in: backAfter });
              }
              if (index % 4 === 3) {
                // Now and then more was used than was taken.
                state = charge(state, allowance, 2 * cost, now);
                await store.charge({ key: counter, allowance, cost: 2 * cost });
              }
              for (const each of due) {
                if (each.in-- !== 0) continue;
                state = refund(state!, allowance, each.cost, each.at);
                await store.refund({ key: counter, allowance, cost: each.cost, at: each.at });
              }
            }
          });
          await fc.assert(property, HISTORIES);
        });

        it("takes units that were used already, whether or not they are there", async () => {
          at(1_000);
          await take(10, 4);
          await charge(10, 3);
          expect(await peek(10)).toMatchObject({ allowed: true, remaining: 2 });
          await charge(10, 9);
          expect(await take(10)).toMatchObject({ allowed: false, remaining: 0 });
          expect(await peek(10)).toMatchObject({ allowed: false, remaining: 0 });
        });

        it("charges a counter that nobody has taken from", async () => {
          at(1_000);
          await charge(10, 8);
          expect(await take(10, 3)).toMatchObject({ allowed: false, remaining: 2 });
          expect(await take(10, 2)).toMatchObject({ allowed: true, remaining: 0 });
        });

        it("tells when an overdrawn counter has a unit again, to the millisecond", async () => {
          at(20_000);
          await charge(10, 18);
          const refused = await take(10);
          expect(refused).toMatchObject({ allowed: false, remaining: 0 });
          at(20_000 + refused.resetMs - 1);
          expect((await take(10)).allowed).toBe(false);
          at(20_000 + refused.resetMs);
          expect((await take(10)).allowed).toBe(true);
        });

        it("has what is beyond the limit weigh as long as if it had been granted", async () => {
          at(0);
          await charge(10, 15);
          at(WINDOW);
          // A bucket that owes five has refilled ten.
          expect(await takeTimes(12, 10)).toBe(
            { slidingWindow: 0, fixedWindow: 10, tokenBucket: 5 }[algorithm],
          );
          at(WINDOW + WINDOW / 2);
          const more = await takeTimes(12, 10);
          expect(more).toBe({ slidingWindow: 3, fixedWindow: 0, tokenBucket: 5 }[algorithm]);
        });

        it("owes no more than the limit in a bucket, and in windows whatever was used", async () => {
          at(0);
          for (let i = 0; i < 5; i++) await charge(10, 1_000);
          at(2 * WINDOW);
          expect(await takeTimes(12, 10)).toBe(
            { slidingWindow: 10, fixedWindow: 10, tokenBucket: 10 }[algorithm],
          );
        });

        it("gives back what was taken before it was overdrawn", async () => {
          at(1_000);
          const grant = await take(10, 6);
          await charge(10, 8);
          await refund(10, 6, grant);
          expect(await take(10, 3)).toMatchObject({ allowed: false, remaining: 2 });
          expect(await takeTimes(4, 10)).toBe(2);
        });

        it("grants exactly what charges that come at once have left", async () => {
          await Promise.all(Array.from({ length: 30 }, () => charge(100, 3)));
          expect(await takeTimes(15, 100)).toBe(10);
        });

        it("takes nothing back where nothing was taken", async () => {
          await refund(3, 3, { allowed: true, remaining: 0, resetMs: 1, at: START });
          expect(await takeTimes(5, 3)).toBe(3);
        });
      });
    }

    const taken = async (allowance: Allowance, times: number): Promise<number> => {
      let allowed = 0;
      for (let i = 0; i < times; i++) if ((await store.take({ key, allowance, cost: 1 })).allowed) allowed++;
      return allowed;
    };

    it("tells keys apart whatever is in them, and however long they are", async () => {
      const long = `${key} ${"x".repeat(4_000)}`;
      const others = [
        "",
        " ",
        "\n",
        "\0",
        "\0a",
        "é",
        "e\u0301",
        "%20",
        '"',
        "\\",
        "{a}",
        "💧",
        "NOSCRIPT",
        "a",
        "b",
      ];
      const allowance = perMinute(1);
      for (const other of others) {
        const take = { key: long + other, allowance, cost: 1 };
        expect([other, (await store.take(take)).allowed]).toEqual([other, true]);
        expect([other, (await store.take(take)).allowed]).toEqual([other, false]);
      }
    });

    it("weighs the previous window by the share that a sliding one still covers", async () => {
      at(WINDOW - 1);
      expect(await taken(perMinute(10), 12)).toBe(10);
      at(WINDOW + WINDOW / 2);
      expect(await taken(perMinute(10), 12)).toBe(5);
    });

    it("gives back into the window that was taken from, after the next has begun", async () => {
      at(WINDOW - 1);
      const allowance = perMinute(10);
      const grant = await store.take({ key, allowance, cost: 10 });
      at(WINDOW);
      await store.refund({ key, allowance, cost: 4, at: grant.at });
      expect(await taken(allowance, 10)).toBe(4);
    });

    it("begins a fixed window with the whole limit", async () => {
      at(WINDOW - 1);
      expect(await taken(perMinute(10, "fixedWindow"), 12)).toBe(10);
      at(WINDOW);
      expect(await taken(perMinute(10, "fixedWindow"), 12)).toBe(10);
    });

    it("fills a bucket steadily, up to its burst", async () => {
      const allowance: Allowance = { algorithm: "tokenBucket", limit: 60, windowMs: WINDOW, burst: 5 };
      expect(await taken(allowance, 9)).toBe(5);
      at(2_500);
      expect(await taken(allowance, 9)).toBe(2);
      at(3_000);
      expect(await taken(allowance, 9)).toBe(1);
      at(WINDOW);
      expect(await taken(allowance, 9)).toBe(5);
    });
  });
}
