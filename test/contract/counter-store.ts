import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { CounterStore, Grant } from "../../src/stores/counters/counter-store.ts";

const WINDOW = 60_000;
/** The start of a window, so that tests know how far they are into it. */
const START = Math.floor(1_800_000_000_000 / WINDOW) * WINDOW;

/** What differs between the implementations. */
export interface CounterStoreSubject {
  /** A store whose clock is `Date.now`; called once. */
  readonly open: () => CounterStore | Promise<CounterStore>;
  /** Takes of more than one unit. */
  readonly costs: boolean;
}

/** What every counter store must do, seen from outside. Time is a faked `Date`. */
export function counterStoreContract(name: string, { open, costs }: CounterStoreSubject): void {
  describe(`counter store: ${name}`, () => {
    let store: CounterStore;
    let key: string;
    let keys = 0;

    const take = (limit: number, cost = 1, of = key): Promise<Grant> | Grant =>
      store.take({ key: of, limit, windowMs: WINDOW, cost });
    const takeTimes = async (times: number, limit: number): Promise<number> => {
      let allowed = 0;
      for (let i = 0; i < times; i++) if ((await take(limit)).allowed) allowed++;
      return allowed;
    };
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

    it("weighs the previous window by the share that a window looking back still covers", async () => {
      at(WINDOW - 1);
      expect(await takeTimes(12, 10)).toBe(10);
      at(WINDOW + WINDOW / 2);
      expect(await takeTimes(12, 10)).toBe(5);
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
      // Ten were granted: half of them still weigh. The fifty refused ones do not.
      expect(await takeTimes(10, 10)).toBe(5);
    });

    it("tells when the refused take will succeed", async () => {
      at(20_000);
      await takeTimes(4, 4);
      const refused = await take(4);
      expect(refused.allowed).toBe(false);
      expect(refused.resetMs).toBeGreaterThan(0);
      expect(refused.resetMs).toBeLessThanOrEqual(2 * WINDOW);
      at(20_000 + refused.resetMs);
      expect((await take(4)).allowed).toBe(true);
    });

    it("tells when a granted take's unit comes back", async () => {
      at(20_000);
      const first = await take(4);
      at(20_000 + first.resetMs);
      const second = await take(4);
      expect(second.remaining).toBe(3);
    });

    it.runIf(costs)("takes all units of a cost or none", async () => {
      expect(await take(10, 7)).toMatchObject({ allowed: true, remaining: 3 });
      expect(await take(10, 4)).toMatchObject({ allowed: false, remaining: 3 });
      expect(await take(10, 3)).toMatchObject({ allowed: true, remaining: 0 });
    });
  });
}
