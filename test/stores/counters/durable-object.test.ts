/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createDurableObjectStore } from "../../../src/stores/counters/durable-object.ts";
import type { LimiterObject } from "../../../src/stores/counters/limiter-object.ts";
import { counterStoreContract } from "../../contract/counter-store.ts";

const limiters = (exports as unknown as { LimiterObject: DurableObjectNamespace<LimiterObject> })
  .LimiterObject;
const MINUTE = 60_000;
const START = 1_800_000_000_000;

counterStoreContract("durable object", {
  open: () => createDurableObjectStore(limiters, { timeoutMs: 5_000 }),
  costs: true,
});

describe("durable object store", () => {
  afterEach(() => void vi.useRealTimers());
  const one = { key: "k", limit: 5, windowMs: MINUTE, cost: 1 };

  it("rejects when the object does not answer in time", async () => {
    vi.useFakeTimers();
    const silent = { getByName: () => ({ take: () => new Promise<never>(() => {}) }) };
    const taken = createDurableObjectStore(silent, { timeoutMs: 250 }).take(one);
    const failure = expect(taken).rejects.toThrow("durable-object: no answer within 250 ms");
    await vi.advanceTimersByTimeAsync(250);
    await failure;
  });

  it("leaves no timer behind once it has the answer", async () => {
    vi.useFakeTimers();
    const quick = { getByName: () => ({ take: async () => ({ allowed: true, remaining: 4, resetMs: 1 }) }) };
    await createDurableObjectStore(quick, { timeoutMs: 250 }).take(one);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects when the object fails, and when it cannot be reached at all", async () => {
    const failing = { getByName: () => ({ take: () => Promise.reject(new Error("overloaded")) }) };
    await expect(createDurableObjectStore(failing, { timeoutMs: 250 }).take(one)).rejects.toThrow(
      "durable-object: overloaded",
    );
    const broken = {
      getByName: () => {
        throw new Error("no such namespace");
      },
    };
    await expect(createDurableObjectStore(broken, { timeoutMs: 250 }).take(one)).rejects.toThrow(
      "durable-object: no such namespace",
    );
  });
});

describe("LimiterObject", () => {
  afterEach(() => void vi.useRealTimers());
  const freeze = (ms: number) => void vi.useFakeTimers({ toFake: ["Date"], now: START + ms });

  it("remembers a window above ten seconds over an eviction", async () => {
    freeze(0);
    const limiter = limiters.getByName("evicted");
    for (let i = 0; i < 3; i++) expect((await limiter.take(3, MINUTE, 1)).allowed).toBe(true);
    await evictDurableObject(limiter);
    expect((await limiter.take(3, MINUTE, 1)).allowed).toBe(false);
  });

  it("grants no more than the limit over an eviction, and at worst one per cent less", async () => {
    freeze(0);
    const limiter = limiters.getByName("write-ahead");
    let granted = 0;
    for (let i = 0; i < 130; i++) {
      // Evicted in the middle of what the last write covers.
      if (i === 57) await evictDurableObject(limiter);
      if ((await limiter.take(500, MINUTE, 4)).allowed) granted += 4;
    }
    expect(granted).toBeLessThanOrEqual(500);
    expect(granted).toBeGreaterThanOrEqual(495 - 4);
  });

  it("writes at most once for every per cent of the limit", async () => {
    freeze(0);
    const limiter = limiters.getByName("few writes");
    const written = () =>
      runInDurableObject(limiter, (_, { storage }) => JSON.stringify([...storage.kv.list()]));
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++) {
      await limiter.take(10_000, MINUTE, 1);
      if (i % 10 === 0) seen.add(await written());
    }
    expect(seen.size).toBe(3);
  });

  it("writes nothing for a window that has passed before the platform drops an idle object", async () => {
    freeze(0);
    const limiter = limiters.getByName("short");
    await limiter.take(3, 10_000, 1);
    const stored = await runInDurableObject(limiter, (_, { storage }) => [...storage.kv.list()]);
    expect(stored).toEqual([]);
    expect(await runDurableObjectAlarm(limiter)).toBe(false);
  });

  it("writes nothing when it refuses", async () => {
    freeze(0);
    const limiter = limiters.getByName("refusing");
    await limiter.take(1, MINUTE, 1);
    const stored = () =>
      runInDurableObject(limiter, (_, { storage }) => JSON.stringify([...storage.kv.list()]));
    const before = await stored();
    expect((await limiter.take(1, MINUTE, 1)).allowed).toBe(false);
    expect(await stored()).toBe(before);
  });

  it("deletes itself once its counter has expired", async () => {
    freeze(0);
    const limiter = limiters.getByName("expiring");
    await limiter.take(3, MINUTE, 1);
    freeze(3 * MINUTE);
    expect(await runDurableObjectAlarm(limiter)).toBe(true);
    const left = await runInDurableObject(limiter, async (_, { storage }) => [
      ...storage.kv.list(),
      await storage.getAlarm(),
    ]);
    expect(left).toEqual([null]);
    expect(await limiter.take(3, MINUTE, 1)).toMatchObject({ allowed: true, remaining: 2 });
    expect(await runDurableObjectAlarm(limiter)).toBe(true);
  });

  it("stays, and looks again later, while its counter is in use", async () => {
    freeze(0);
    const limiter = limiters.getByName("used");
    await limiter.take(3, MINUTE, 1);
    freeze(1.5 * MINUTE);
    await limiter.take(3, MINUTE, 1);
    freeze(2 * MINUTE);
    expect(await runDurableObjectAlarm(limiter)).toBe(true);
    await evictDurableObject(limiter);
    // One of minute 1 still weighs in full at the start of minute 2.
    expect((await limiter.take(3, MINUTE, 1)).remaining).toBe(1);
    expect(await runInDurableObject(limiter, (_, { storage }) => storage.getAlarm())).toBe(
      START + 3 * MINUTE,
    );
  });
});
