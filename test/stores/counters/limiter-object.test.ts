/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AlgorithmName } from "../../../src/stores/counters/counter-store.ts";
import type { LimiterObject } from "../../../src/stores/counters/limiter-object.ts";
import { perMinute } from "../../contract/counter-store.ts";
import { define } from "../../contract/definitions.ts";
import { eventsOf, lastingHistories } from "../../contract/histories.ts";

const limiters = (exports as unknown as { LimiterObject: DurableObjectNamespace<LimiterObject> })
  .LimiterObject;
const MINUTE = 60_000;
const START = 1_800_000_000_000;

describe("LimiterObject", () => {
  afterEach(() => void vi.useRealTimers());
  const freeze = (ms: number) =>
    void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: START + ms });
  const algorithms: readonly AlgorithmName[] = ["slidingWindow", "fixedWindow", "tokenBucket"];

  type Limiter = DurableObjectStub<LimiterObject>;
  const storedBy = (limiter: Limiter) =>
    runInDurableObject(limiter, (_, { storage }) => JSON.stringify([...storage.kv.list()]));
  /** Lets time pass in the object, with its timers. */
  const pass = (limiter: Limiter, ms: number) =>
    runInDurableObject(limiter, () => void vi.advanceTimersByTime(ms));

  describe.each(algorithms)("counting by %s", (algorithm) => {
    it("remembers what matters for more than ten seconds over an eviction", async () => {
      freeze(0);
      const limiter = limiters.getByName(`evicted ${algorithm}`);
      for (let i = 0; i < 3; i++) expect((await limiter.take(perMinute(3, algorithm), 1)).allowed).toBe(true);
      await evictDurableObject(limiter);
      expect((await limiter.take(perMinute(3, algorithm), 1)).allowed).toBe(false);
    });

    it(`decides as if it had never been evicted, whenever that was`, async () => {
      let objects = 0;
      // Below a hundred units what is written is exact, and a counter that looks back ten seconds is written.
      const small = fc.integer({ min: 1, max: 99 });
      const property = fc.asyncProperty(
        lastingHistories(algorithm),
        small,
        fc.array(fc.boolean(), { minLength: 1 }),
        async (history, units, evictions) => {
          const limit = algorithm === "tokenBucket" ? Math.min(units, history.allowance.limit) : units;
          const burst = algorithm === "tokenBucket" ? Math.max(units, limit * 2) : limit;
          const allowance = { ...history.allowance, limit, burst };
          const definition = define(allowance);
          const limiter = limiters.getByName(`evicted at any time ${algorithm} ${objects++}`);
          let index = 0;
          for (const { now, cost } of eventsOf({ ...history, allowance })) {
            vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now });
            expect(await limiter.take(allowance, cost)).toMatchObject({
              allowed: definition.take(cost, now),
              remaining: definition.left(now),
            });
            if (evictions[index++ % evictions.length]) await evictDurableObject(limiter);
          }
        },
      );
      await fc.assert(property, { numRuns: 20 });
    });

    it("charges a slow caller for what was taken and no more, however often it is evicted", async () => {
      freeze(0);
      const limiter = limiters.getByName(`slow ${algorithm}`);
      const allowance = { ...perMinute(1_000, algorithm), windowMs: 86_400_000, limit: 1_000, burst: 1_000 };
      const left: number[] = [];
      for (let i = 0; i < 6; i++) {
        left.push((await limiter.take(allowance, 1)).remaining);
        await evictDurableObject(limiter);
      }
      expect(left).toEqual([999, 998, 997, 996, 995, 994]);
    });

    it("writes the exact count once a busy caller has paused", async () => {
      freeze(0);
      const limiter = limiters.getByName(`paused ${algorithm}`);
      for (let i = 0; i < 5; i++) await limiter.take(perMinute(1_000, algorithm), 1);
      await pass(limiter, 5_000);
      freeze(0);
      await evictDurableObject(limiter);
      expect((await limiter.take(perMinute(1_000, algorithm), 1)).remaining).toBe(994);
    });

    it("remembers that units were given back", async () => {
      freeze(0);
      const limiter = limiters.getByName(`given back ${algorithm}`);
      await limiter.take(perMinute(5, algorithm), 1);
      for (let i = 0; i < 8; i++) {
        const { allowed, at } = await limiter.take(perMinute(5, algorithm), 4);
        expect(allowed).toBe(true);
        await limiter.refund(perMinute(5, algorithm), 4, at);
        await pass(limiter, 5_000);
        freeze(0);
        await evictDurableObject(limiter);
      }
    });

    it("remembers over an eviction what was used beyond the limit", async () => {
      freeze(0);
      const limiter = limiters.getByName(`overdrawn ${algorithm}`);
      await limiter.charge(perMinute(5, algorithm), 9);
      await evictDurableObject(limiter);
      expect(await limiter.take(perMinute(5, algorithm), 1)).toMatchObject({ allowed: false, remaining: 0 });
    });

    it("is not spoilt by what makes no sense", async () => {
      freeze(0);
      // An RPC's own promise, handed to `expect`, would be asked for properties that then reject unheard.
      const refused = (ask: () => Promise<unknown>) => expect(ask()).rejects.toThrow(/makes? no sense/);
      const limiter = limiters.getByName(`nonsense ${algorithm}`);
      const allowance = perMinute(5, algorithm);
      for (const units of [Number.NaN, 0.5, 0, -1, Number.POSITIVE_INFINITY, "3" as unknown as number]) {
        await refused(async () => await limiter.take(allowance, units));
        await refused(async () => await limiter.charge(allowance, units));
        await refused(async () => await limiter.refund(allowance, units, START));
      }
      await refused(async () => await limiter.refund(allowance, 1, Number.NaN));
      await refused(async () => await limiter.take({ ...allowance, windowMs: Number.NaN }, 1));
      await refused(async () => await limiter.peek({ ...allowance, limit: 0 }));
      expect(await limiter.take(allowance, 5)).toMatchObject({ allowed: true, remaining: 0 });
    });

    it("grants no more than the limit when it is gone at once, and at worst one per cent less", async () => {
      freeze(0);
      const limiter = limiters.getByName(`write-ahead ${algorithm}`);
      let granted = 0;
      for (let i = 0; i < 130; i++) {
        // Evicted in the middle of what the last write covers.
        if (i === 57) await evictDurableObject(limiter);
        if ((await limiter.take(perMinute(500, algorithm), 4)).allowed) granted += 4;
      }
      expect(granted).toBeLessThanOrEqual(500);
      expect(granted).toBeGreaterThanOrEqual(495 - 4);
    });

    it("writes at most once for every per cent of the limit", async () => {
      freeze(0);
      const limiter = limiters.getByName(`few writes ${algorithm}`);
      const seen = new Set<string>();
      for (let i = 0; i < 300; i++) {
        await limiter.take(perMinute(10_000, algorithm), 1);
        if (i % 10 === 1) seen.add(await storedBy(limiter));
      }
      expect(seen.size).toBe(3);
    });

    it("writes nothing for what has passed before the platform drops an idle object", async () => {
      freeze(0);
      const limiter = limiters.getByName(`short ${algorithm}`);
      await limiter.take({ algorithm, limit: 3, windowMs: 10_000, burst: 3 }, 1);
      expect(await storedBy(limiter)).toBe("[]");
      expect(await runDurableObjectAlarm(limiter)).toBe(false);
    });

    it("writes nothing when it refuses or is only looked at", async () => {
      freeze(0);
      const limiter = limiters.getByName(`refusing ${algorithm}`);
      await limiter.take(perMinute(1, algorithm), 1);
      const before = await storedBy(limiter);
      expect((await limiter.take(perMinute(1, algorithm), 1)).allowed).toBe(false);
      expect((await limiter.peek(perMinute(1, algorithm))).allowed).toBe(false);
      expect(await storedBy(limiter)).toBe(before);
    });

    it("deletes itself once its counter has expired", async () => {
      freeze(0);
      const limiter = limiters.getByName(`expiring ${algorithm}`);
      await limiter.take(perMinute(3, algorithm), 1);
      freeze(3 * MINUTE);
      expect(await runDurableObjectAlarm(limiter)).toBe(true);
      expect(await runInDurableObject(limiter, (_, { storage }) => storage.getAlarm())).toBeNull();
      expect(await storedBy(limiter)).toBe("[]");
      expect(await limiter.take(perMinute(3, algorithm), 1)).toMatchObject({ allowed: true, remaining: 2 });
      expect(await runDurableObjectAlarm(limiter)).toBe(true);
    });
  });

  it("writes about once a second for a bucket that is kept empty", async () => {
    freeze(0);
    const limiter = limiters.getByName("kept empty");
    const allowance = perMinute(6_000, "tokenBucket");
    await limiter.take(allowance, 6_000);
    const seen = new Set<string>();
    for (let ms = 10; ms <= 3_000; ms += 10) {
      vi.setSystemTime(START + ms);
      expect((await limiter.take(allowance, 1)).allowed).toBe(true);
      seen.add(await storedBy(limiter));
    }
    expect(seen.size).toBeLessThanOrEqual(7);
    // Who was charged ahead waits a second at most.
    await evictDurableObject(limiter);
    vi.setSystemTime(START + 4_001);
    expect((await limiter.take(allowance, 1)).allowed).toBe(true);
  });

  it("stays, and looks again later, while its counter is in use", async () => {
    freeze(0);
    const limiter = limiters.getByName("used");
    await limiter.take(perMinute(3), 1);
    freeze(1.5 * MINUTE);
    await limiter.take(perMinute(3), 1);
    freeze(2 * MINUTE);
    expect(await runDurableObjectAlarm(limiter)).toBe(true);
    await evictDurableObject(limiter);
    // One of minute 1 still weighs in full at the start of minute 2.
    expect((await limiter.take(perMinute(3), 1)).remaining).toBe(1);
    expect(await runInDurableObject(limiter, (_, { storage }) => storage.getAlarm())).toBe(
      START + 3 * MINUTE,
    );
  });

  it("does not wake for a bucket more often than it takes to fill", async () => {
    freeze(0);
    const limiter = limiters.getByName("bucket in use");
    await limiter.take(perMinute(60, "tokenBucket"), 1);
    expect(await runInDurableObject(limiter, (_, { storage }) => storage.getAlarm())).toBe(START + MINUTE);
  });
});
