/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { poolOf } from "../../../src/leases/pool-of.ts";
import type { AlgorithmName } from "../../../src/stores/counters/counter-store.ts";
import {
  createDurableObjectStore,
  type LimiterNamespace,
} from "../../../src/stores/counters/durable-object.ts";
import type { LimiterObject } from "../../../src/stores/counters/limiter-object.ts";
import { UNKNOWN } from "../../contract/asks.ts";
import { counterStoreContract, perMinute } from "../../contract/counter-store.ts";
import { define } from "../../contract/definitions.ts";
import { eventsOf, lastingHistories } from "../../contract/histories.ts";
import { leasingStoreContract } from "../../contract/leasing-store.ts";

const limiters = (exports as unknown as { LimiterObject: DurableObjectNamespace<LimiterObject> })
  .LimiterObject;
const MINUTE = 60_000;
const START = 1_800_000_000_000;

const store = createDurableObjectStore(limiters, { timeoutMs: 5_000 });
counterStoreContract("durable object", () => store);
leasingStoreContract("durable object", () => store);
leasingStoreContract("a relay in a durable object", () => store, "FRA");

describe("durable object store", () => {
  afterEach(() => void vi.useRealTimers());
  const one = { key: "k", allowance: perMinute(5), cost: 1 };
  const verbs = ["take", "peek", "refund", "charge", "lease"] as const;
  const asked = { ...one, at: 0, ask: UNKNOWN };
  /** A namespace whose objects answer every call alike. */
  const namespace = (answer: () => Promise<never>): LimiterNamespace => ({
    getByName: () => ({
      take: answer,
      peek: answer,
      refund: answer,
      charge: answer,
      lease: answer,
      relay: answer,
    }),
  });

  it.each(verbs)("rejects when the object does not answer a %s in time", async (verb) => {
    vi.useFakeTimers();
    const silent = createDurableObjectStore(
      namespace(() => new Promise(() => {})),
      { timeoutMs: 250 },
    );
    const failure = expect(silent[verb]({ ...asked, location: undefined })).rejects.toThrow(
      "durable-object: no answer within 250 ms",
    );
    await vi.advanceTimersByTimeAsync(250);
    await failure;
  });

  it("leaves no timer behind once it has the answer", async () => {
    vi.useFakeTimers();
    const quick = namespace(async () => ({ allowed: true, remaining: 4, resetMs: 1, at: 0 }) as never);
    await createDurableObjectStore(quick, { timeoutMs: 250 }).take(one);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(verbs)("rejects when the object fails a %s, and when it cannot be reached at all", async (verb) => {
    const failing = namespace(() => Promise.reject(new Error("overloaded")));
    const store = createDurableObjectStore(failing, { timeoutMs: 250 });
    await expect(store[verb]({ ...asked, location: "FRA" })).rejects.toThrow("durable-object: overloaded");
    const broken = {
      getByName: () => {
        throw new Error("no such namespace");
      },
    };
    const nowhere = createDurableObjectStore(broken, { timeoutMs: 250 });
    await expect(nowhere[verb]({ ...asked, location: undefined })).rejects.toThrow(
      "durable-object: no such namespace",
    );
  });
});

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

describe("LimiterObject that is leased from", () => {
  afterEach(() => void vi.useRealTimers());
  const freeze = (ms: number) =>
    void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: START + ms });
  const storedBy = (limiter: DurableObjectStub<LimiterObject>) =>
    runInDurableObject(limiter, (_, { storage }) => [...storage.kv.list()]);
  const all = (want: number) => ({ ...UNKNOWN, want });

  describe.each<AlgorithmName>(["slidingWindow", "fixedWindow", "tokenBucket"])("by %s", (algorithm) => {
    it("remembers over an eviction what it has granted", async () => {
      freeze(0);
      const limiter = limiters.getByName(`ledger evicted ${algorithm}`);
      expect((await limiter.lease(perMinute(50, algorithm), all(30))).tokens).toBe(30);
      await evictDurableObject(limiter);
      expect((await limiter.lease(perMinute(50, algorithm), all(50))).tokens).toBe(20);
    });

    it("has written what it granted before the answer is out", async () => {
      freeze(0);
      const limiter = limiters.getByName(`ledger crashed ${algorithm}`);
      const { tokens } = await limiter.lease(perMinute(5_000, algorithm), all(3_000));
      const crash = runInDurableObject(limiter, (_, ctx) => ctx.abort("crashed for a test"));
      await expect(crash).rejects.toThrow();
      const again = await limiters
        .getByName(`ledger crashed ${algorithm}`)
        .lease(perMinute(5_000, algorithm), all(5_000));
      expect(tokens + again.tokens).toBeLessThanOrEqual(5_000);
      expect(tokens + again.tokens).toBeGreaterThanOrEqual(4_900);
    });

    it("grants no more in all than the limit when it is evicted in the middle of what was written ahead", async () => {
      freeze(0);
      const limiter = limiters.getByName(`ledger ahead ${algorithm}`);
      let granted = 0;
      for (let i = 0; i < 400; i++) {
        if (i % 7 === 3) await evictDurableObject(limiter);
        granted += (await limiter.lease(perMinute(500, algorithm), all(4))).tokens;
      }
      expect(granted).toBeLessThanOrEqual(500);
      // Each of the evictions may cost a hundredth.
      expect(granted).toBeGreaterThan(200);
    });

    it("writes the exact state once traffic has paused", async () => {
      freeze(0);
      const limiter = limiters.getByName(`ledger paused ${algorithm}`);
      for (let i = 0; i < 3; i++) await limiter.lease(perMinute(5_000, algorithm), all(10));
      expect(JSON.stringify(await storedBy(limiter))).not.toContain('"ahead":0');
      await runInDurableObject(limiter, () => void vi.advanceTimersByTime(5_000));
      expect(JSON.stringify(await storedBy(limiter))).toContain('"ahead":0');
    });

    it("writes nothing for what has come back before an idle object is dropped", async () => {
      freeze(0);
      const limiter = limiters.getByName(`ledger short ${algorithm}`);
      await limiter.lease({ algorithm, limit: 3, windowMs: 3_000, burst: 3 }, UNKNOWN);
      expect(await storedBy(limiter)).toEqual([]);
      expect(await runDurableObjectAlarm(limiter)).toBe(false);
    });

    it("deletes itself once all has come back, and not before", async () => {
      freeze(0);
      const limiter = limiters.getByName(`ledger expiring ${algorithm}`);
      const allowance = perMinute(1_000, algorithm);
      const { spanMs } = poolOf(allowance);
      await limiter.lease(allowance, all(5));
      freeze(spanMs - 1_000);
      await limiter.lease(allowance, all(5));
      freeze(spanMs);
      expect(await runDurableObjectAlarm(limiter)).toBe(true);
      expect(await storedBy(limiter)).toHaveLength(1);
      // Gone from memory with what was granted after the last write: it may have been a moment ago.
      for (let i = 0; i < 3; i++) await limiter.lease(allowance, all(3));
      expect(JSON.stringify(await storedBy(limiter))).not.toContain('"ahead":0');
      await evictDurableObject(limiter);
      freeze(2 * spanMs + 1);
      expect(await runDurableObjectAlarm(limiter)).toBe(true);
      expect(await storedBy(limiter)).toHaveLength(1);
      await evictDurableObject(limiter);
      freeze(3 * spanMs + 2);
      expect(await runDurableObjectAlarm(limiter)).toBe(true);
      expect(await storedBy(limiter)).toEqual([]);
      expect(await runInDurableObject(limiter, (_, { storage }) => storage.getAlarm())).toBeNull();
      expect((await limiter.lease(allowance, all(1_000))).tokens).toBe(1_000);
    });
  });

  it("keeps a counter and a ledger of one key apart", async () => {
    freeze(0);
    const limiter = limiters.getByName("both");
    await limiter.take(perMinute(5), 5);
    expect((await limiter.lease(perMinute(5), all(5))).tokens).toBe(5);
    await evictDurableObject(limiter);
    expect((await limiter.take(perMinute(5), 1)).allowed).toBe(false);
    expect((await limiter.lease(perMinute(5), all(5))).tokens).toBe(0);
  });

  it("never grants more through relays at several places than the limit, whichever of them are lost", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: START });
    const key = "relayed";
    const allowance = perMinute(200, "fixedWindow");
    const places = ["FRA", "SIN", "GRU"];
    let granted = 0;
    for (let i = 0; i < 60; i++) {
      const location = places[i % 3]!;
      granted += (await store.lease({ key, allowance, ask: all(2), location })).tokens;
      if (i % 10 === 9) await evictDurableObject(limiters.getByName(`${location}@${key}`));
    }
    granted += (await store.lease({ key, allowance, ask: all(200), location: undefined })).tokens;
    expect(granted).toBeLessThanOrEqual(200);
    expect(granted).toBeGreaterThan(100);
    // A relay keeps nothing.
    expect(await storedBy(limiters.getByName(`FRA@${key}`))).toEqual([]);
  });

  it("rejects what waits in a relay when the key's own object fails", async () => {
    const relay = limiters.getByName("FRA@broken");
    await runInDurableObject(limiters.getByName("broken"), (object) => {
      // A property of the instance's own is none that can be called from outside.
      object.lease = () => UNKNOWN as never;
    });
    expect(await relay.relay("broken", perMinute(5), UNKNOWN)).toBeUndefined();
    const asked = { key: "broken", allowance: perMinute(5), ask: UNKNOWN, location: "FRA" };
    await expect(store.lease(asked)).rejects.toThrow("durable-object: the relay has no answer");
  });
});
