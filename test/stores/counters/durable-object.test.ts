import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createDurableObjectStore,
  type LimiterNamespace,
} from "../../../src/stores/counters/durable-object.ts";
import type { LimiterObject } from "../../../src/stores/counters/limiter-object.ts";
import { UNKNOWN } from "../../contract/asks.ts";
import { counterStoreContract, perMinute } from "../../contract/counter-store.ts";
import { leasingStoreContract } from "../../contract/leasing-store.ts";

const limiters = (exports as unknown as { LimiterObject: DurableObjectNamespace<LimiterObject> })
  .LimiterObject;

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
