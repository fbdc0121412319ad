/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { poolOf } from "../../../src/leases/pool-of.ts";
import type { AlgorithmName } from "../../../src/stores/counters/counter-store.ts";
import { createDurableObjectStore } from "../../../src/stores/counters/durable-object.ts";
import type { LimiterObject } from "../../../src/stores/counters/limiter-object.ts";
import { UNKNOWN } from "../../contract/asks.ts";
import { perMinute } from "../../contract/counter-store.ts";

const limiters = (exports as unknown as { LimiterObject: DurableObjectNamespace<LimiterObject> })
  .LimiterObject;
const START = 1_800_000_000_000;

const store = createDurableObjectStore(limiters, { timeoutMs: 5_000 });
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
