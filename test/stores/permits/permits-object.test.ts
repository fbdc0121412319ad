/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createDurableObjectPermits } from "../../../src/stores/permits/durable-object.ts";
import { LEASE_MS } from "../../../src/stores/permits/permit-store.ts";
import type { PermitsObject } from "../../../src/stores/permits/permits-object.ts";
import { permitStoreContract } from "../../contract/permit-store.ts";

const objects = (exports as unknown as { PermitsObject: DurableObjectNamespace<PermitsObject> })
  .PermitsObject;

permitStoreContract("the Durable Object", () => createDurableObjectPermits(objects, { timeoutMs: 5_000 }));

describe("the store", () => {
  afterEach(() => void vi.useRealTimers());

  it("rejects where the object fails, cannot be reached, or does not answer in time", async () => {
    const ask = { holder: "a", sequence: 1, limit: 1, need: 1, most: 1 };
    const storeOf = (settle: () => Promise<never>) =>
      createDurableObjectPermits({ getByName: () => ({ settle }) }, { timeoutMs: 250 });
    await expect(storeOf(() => Promise.reject(new Error("overloaded"))).settle("k", ask)).rejects.toThrow(
      "overloaded",
    );
    const nowhere = createDurableObjectPermits(
      {
        getByName: () => {
          throw new Error("no such namespace");
        },
      },
      { timeoutMs: 250 },
    );
    await expect(nowhere.settle("k", ask)).rejects.toThrow("no such namespace");
    vi.useFakeTimers();
    const failure = expect(storeOf(() => new Promise(() => {})).settle("k", ask)).rejects.toThrow(
      "permits: no answer within 250 ms",
    );
    await vi.advanceTimersByTimeAsync(250);
    await failure;
  });
});

describe("PermitsObject", () => {
  afterEach(() => void vi.useRealTimers());
  const rowsOf = (object: DurableObjectStub<PermitsObject>) =>
    runInDurableObject(
      object,
      (_, { storage }) => storage.sql.exec("SELECT COUNT(*) AS rows FROM holders").one().rows,
    );
  const ask = (holder: string, sequence: number, need: number) => ({
    holder,
    sequence,
    limit: 3,
    need,
    most: need,
  });

  it("remembers leases and who was short over an eviction", async () => {
    const object = objects.getByName(crypto.randomUUID());
    await object.settle(ask("a", 1, 2));
    await object.settle(ask("b", 1, 2));
    await evictDurableObject(object);
    expect(await object.settle(ask("c", 1, 3))).toMatchObject({ granted: 0, contended: true });
    expect((await object.settle(ask("a", 1, 0))).granted).toBe(2);
    expect((await object.settle(ask("a", 2, 0))).granted).toBe(0);
    await evictDurableObject(object);
    expect((await object.settle(ask("c", 2, 3))).granted).toBe(2);
  });

  it("keeps nothing once no lease is left, and begins anew", async () => {
    const object = objects.getByName(crypto.randomUUID());
    await object.settle(ask("a", 1, 3));
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await rowsOf(object)).toBe(1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + LEASE_MS });
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await rowsOf(object)).toBe(0);
    expect(await runDurableObjectAlarm(object)).toBe(false);
    expect((await object.settle(ask("b", 1, 3))).granted).toBe(3);
  });
});
