/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createDurableObjectNonces,
  type NoncesNamespace,
} from "../../../src/stores/nonces/durable-object.ts";
import type { NoncesObject } from "../../../src/stores/nonces/nonces-object.ts";
import { nonceStoreContract } from "../../contract/nonce-store.ts";

const objects = (exports as unknown as { NoncesObject: DurableObjectNamespace<NoncesObject> }).NoncesObject;

nonceStoreContract("the Durable Object", () => createDurableObjectNonces(objects, { timeoutMs: 5_000 }));

describe("the store", () => {
  afterEach(() => void vi.useRealTimers());

  it("spreads keys over no more than 64 objects, and asks the same one for the same key", async () => {
    const asked: string[] = [];
    const namespace: NoncesNamespace = {
      getByName: (name) => {
        asked.push(name);
        return { use: async () => true };
      },
    };
    const store = createDurableObjectNonces(namespace, { timeoutMs: 100 });
    for (let index = 0; index < 2_000; index++) await store.use(`key ${index % 1_000}`, 0);
    expect(new Set(asked).size).toBe(64);
    expect(asked.slice(1_000)).toEqual(asked.slice(0, 1_000));
  });

  it("rejects where the object fails, does not answer in time, or cannot be reached", async () => {
    vi.useFakeTimers();
    const storeOf = (getByName: NoncesNamespace["getByName"]) =>
      createDurableObjectNonces({ getByName }, { timeoutMs: 250 });
    const failing = storeOf(() => ({ use: () => Promise.reject(new Error("overloaded")) }));
    await expect(failing.use("k", 0)).rejects.toThrow("overloaded");
    const nowhere = storeOf(() => {
      throw new Error("no such namespace");
    });
    await expect(nowhere.use("k", 0)).rejects.toThrow("no such namespace");
    let called = () => {};
    const asked = new Promise<void>((resolve) => {
      called = resolve;
    });
    const silent = storeOf(() => {
      called();
      return { use: () => new Promise(() => {}) };
    });
    const failure = expect(silent.use("k", 0)).rejects.toThrow("nonces: no answer within 250 ms");
    await asked;
    await vi.advanceTimersByTimeAsync(250);
    await failure;
  });
});

describe("NoncesObject", () => {
  afterEach(() => void vi.useRealTimers());
  const keyOf = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const rowsOf = (object: DurableObjectStub<NoncesObject>) =>
    runInDurableObject(
      object,
      (_, { storage }) => storage.sql.exec("SELECT COUNT(*) AS rows FROM nonces").one().rows,
    );

  it("remembers a key over an eviction", async () => {
    const object = objects.getByName(crypto.randomUUID());
    const key = await keyOf("k");
    expect(await object.use(key, Date.now() + 60_000)).toBe(true);
    await evictDurableObject(object);
    expect(await object.use(key, Date.now() + 60_000)).toBe(false);
  });

  it("deletes by its alarm what has passed, and nothing else, until nothing is left", async () => {
    const object = objects.getByName(crypto.randomUUID());
    const now = Date.now();
    const [passed, lasting] = await Promise.all([keyOf("passed"), keyOf("lasting")]);
    await object.use(passed, now - 1);
    await object.use(lasting, now + 1_000_000);
    expect(await rowsOf(object)).toBe(2);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await rowsOf(object)).toBe(1);
    expect(await object.use(lasting, now + 1_000_000)).toBe(false);
    vi.useFakeTimers({ toFake: ["Date"], now: now + 1_000_000 });
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await rowsOf(object)).toBe(0);
    expect(await runDurableObjectAlarm(object)).toBe(false);
  });
});
