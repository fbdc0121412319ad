import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Ask, Grant } from "../../src/leases/message.ts";
import { poolOf } from "../../src/leases/pool-of.ts";
import {
  type AlgorithmName,
  type Allowance,
  CounterStoreError,
  type SharedCounterStore,
} from "../../src/stores/counters/counter-store.ts";
import { asksOf, schedules, UNKNOWN } from "./asks.ts";

const WINDOW = 60_000;
/** The start of a window, ahead of any store's own clock. */
const START = Math.floor(4_000_000_000_000 / WINDOW) * WINDOW;
const ALGORITHMS: readonly AlgorithmName[] = ["slidingWindow", "fixedWindow", "tokenBucket"];

/** Asks that nobody may send, each with what is wrong. */
export const NONSENSE: ReadonlyArray<readonly [wrong: string, ask: Partial<Record<keyof Ask, unknown>>]> = [
  ["half a token", { want: 0.5 }],
  ["a negative wish", { want: -1 }],
  ["a wish that is no number", { want: Number.NaN }],
  ["a wish that is text", { want: "3" }],
  ["an endless wish", { want: Number.POSITIVE_INFINITY }],
  ["more than there can be", { want: 2 ** 50 }],
  ["what is of use being nothing", { least: 0 }],
  ["what is of use being no number", { least: Number.NaN }],
  ["wanting less than is of use", { want: 3, least: 5, held: 1 }],
  ["a negative debt", { owed: -3 }],
  ["half a unit of debt", { owed: 1.5 }],
  ["a debt that is no number", { owed: Number.NaN }],
  ["a negative rate", { rate: -1 }],
  ["an endless rate", { rate: Number.POSITIVE_INFINITY, span: 1 }],
  ["a rate of no time", { rate: 1, seen: 5, span: 0 }],
  ["a rate that is next to none", { rate: 1e-300, seen: 5, span: 5 }],
  ["what was seen being no number", { seen: Number.NaN }],
  ["a negative time", { span: -1 }],
  ["holding less than nothing", { held: -1 }],
  ["holding half a token", { held: 0.5 }],
  ["having told what is no number", { before: { period: 1, rate: Number.NaN } }],
  ["having told in no period", { before: { period: 0.5, rate: 1 } }],
  ["nothing at all", { want: undefined }],
];

/**
 * What every store that is leased from must do, seen from outside.
 * @param open gives a store whose clock is `Date.now`; called once
 * @param location of who asks, where a relay is to answer
 */
export function leasingStoreContract(
  name: string,
  open: () => SharedCounterStore | Promise<SharedCounterStore>,
  location?: string,
): void {
  describe(`leasing store: ${name}`, () => {
    let store: SharedCounterStore;
    let key: string;
    let keys = 0;
    beforeAll(async () => {
      store = await open();
    });
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["Date"], now: START + 1_000 });
      key = `leases ${name} ${keys++}`;
    });
    afterEach(() => void vi.useRealTimers());
    afterAll(() => void vi.useRealTimers());

    describe.each(ALGORITHMS)("%s", (algorithm) => {
      const perMinute = (limit: number): Allowance => ({ algorithm, limit, windowMs: WINDOW, burst: limit });
      const ask = (limit: number, asked: Partial<Ask> = {}, of = key): Promise<Grant> =>
        store.lease({ key: of, allowance: perMinute(limit), ask: { ...UNKNOWN, ...asked }, location });

      it("begins full, and grants what is wanted while there is as much", async () => {
        const first = await ask(10, { want: 4 });
        expect(first.tokens).toBeGreaterThanOrEqual(4);
        const second = await ask(10, { want: 5 });
        expect(second.tokens).toBeGreaterThanOrEqual(5);
        const last = await ask(10, { want: 9 });
        expect(first.tokens + second.tokens + last.tokens).toBe(10);
        expect(last.left).toBe(0);
        expect((await ask(10, { want: 10 }, `${key} other`)).tokens).toBe(10);
      });

      it("lets leases be spent for some time, and no longer than the window", async () => {
        const { ttlMs } = await ask(10);
        expect(ttlMs).toBeGreaterThanOrEqual(1_000);
        expect(ttlMs).toBeLessThanOrEqual(WINDOW);
      });

      it("says that it is empty, and when to ask again", async () => {
        expect((await ask(6, { want: 6 })).tokens).toBe(6);
        let answer = await ask(6);
        expect(answer).toMatchObject({ tokens: 0, left: 0 });
        let asks = 0;
        for (; answer.tokens === 0 && asks < 5; asks++) {
          expect(answer.resetMs).toBeGreaterThanOrEqual(1);
          vi.setSystemTime(Date.now() + answer.resetMs);
          answer = await ask(6);
        }
        expect(answer.tokens).toBeGreaterThan(0);
        expect(asks).toBe(1);
      });

      it("grants nothing of what would be of no use, and says when there is enough", async () => {
        await ask(10, { want: 6, least: 6 });
        const { left } = await ask(10, { want: 0 });
        const missing = { want: left + 3, least: left + 3 };
        const refused = await ask(10, missing);
        expect(refused).toMatchObject({ tokens: 0, left });
        expect((await ask(10, { want: left, least: left })).tokens).toBe(left);
        const anew = `${key} anew`;
        await ask(10, { want: 6, least: 6 }, anew);
        let answer = await ask(10, { want: 7, least: 7 }, anew);
        let asks = 0;
        for (; answer.tokens === 0 && asks < 5; asks++) {
          vi.setSystemTime(Date.now() + answer.resetMs);
          answer = await ask(10, { want: 7, least: 7 }, anew);
        }
        expect(answer.tokens).toBeGreaterThanOrEqual(7);
        // A relay may know only when there is more than nothing.
        expect(asks).toBeLessThanOrEqual(location === undefined ? 1 : 2);
      });

      it("is full again once all has come back", async () => {
        await ask(10, { want: 10 });
        vi.setSystemTime(Date.now() + 2 * poolOf(perMinute(10)).spanMs);
        expect((await ask(10, { want: 10 })).tokens).toBe(10);
      });

      it("takes what is owed first, whether or not it is there", async () => {
        await ask(10, { want: 0, owed: 3 });
        const { tokens } = await ask(10, { want: 10 });
        expect(tokens).toBeLessThanOrEqual(7);
        expect(tokens).toBeGreaterThan(0);
        await ask(10, { want: 0, owed: 9 });
        expect(await ask(10, { want: 1 })).toMatchObject({ tokens: 0, left: 0 });
      });

      it("shares out exactly the limit among many who ask at once", async () => {
        const answers = await Promise.all(Array.from({ length: 40 }, () => ask(50, { want: 3 })));
        expect(answers.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(50);
      });

      it("takes nothing, and spoils nothing, where an ask makes no sense", async () => {
        for (const [wrong, asked] of NONSENSE) {
          const answer = store.lease({
            key,
            allowance: perMinute(10),
            ask: { ...UNKNOWN, ...asked } as Ask,
            location,
          });
          await expect(answer, wrong).rejects.toThrow(CounterStoreError);
        }
        for (const allowance of [
          { ...perMinute(10), limit: 0 },
          { ...perMinute(10), windowMs: Number.NaN },
          { ...perMinute(10), burst: 2 ** 60 },
          { ...perMinute(10), algorithm: "toString" as AlgorithmName },
        ]) {
          const answer = store.lease({ key, allowance, ask: UNKNOWN, location });
          await expect(answer, JSON.stringify(allowance)).rejects.toThrow(CounterStoreError);
        }
        expect((await ask(10, { want: 10 })).tokens).toBe(10);
      });

      it("never grants more than the limit, whatever is asked and when", async () => {
        let counters = 0;
        const property = fc.asyncProperty(schedules(algorithm), async (schedule) => {
          const { allowance } = schedule;
          const of = `${key} ${counters++}`;
          const granted: Array<{ now: number; tokens: number }> = [];
          for (const { now, ask: asked } of asksOf(schedule, START)) {
            vi.setSystemTime(now);
            const { tokens, left } = await store.lease({ key: of, allowance, ask: asked, location });
            expect(Number.isSafeInteger(tokens)).toBe(true);
            if (tokens < asked.want && tokens + left + asked.held >= asked.least) expect(left).toBe(0);
            granted.push({ now, tokens });
          }
          expect(mostInAnyWindow(granted, allowance)).toBeLessThanOrEqual(allowance.burst);
        });
        await fc.assert(property, { numRuns: 30 });
      });
    });
  });
}

/** The most tokens granted in any window; for a bucket, in any stretch of time, less what flowed in meanwhile. */
function mostInAnyWindow(
  granted: ReadonlyArray<{ readonly now: number; readonly tokens: number }>,
  { algorithm, limit, windowMs }: Allowance,
): number {
  let most = 0;
  for (const [index, { now: from }] of granted.entries()) {
    let sum = 0;
    for (const { now, tokens } of granted.slice(index)) {
      const within =
        algorithm === "fixedWindow"
          ? Math.floor(now / windowMs) === Math.floor(from / windowMs)
          : algorithm === "tokenBucket" || now < from + windowMs;
      if (!within) break;
      sum += tokens;
      const flownIn = algorithm === "tokenBucket" ? Math.floor(((now - from) * limit) / windowMs) : 0;
      most = Math.max(most, sum - flownIn);
    }
  }
  return most;
}
