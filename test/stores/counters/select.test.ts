import { describe, expect, it } from "vitest";
import type { CounterStore } from "../../../src/stores/counters/counter-store.ts";
import { STORE_TIMEOUT_MS, selectCounterStore } from "../../../src/stores/counters/select.ts";
import type { UpstashOptions } from "../../../src/stores/counters/upstash.ts";
import { perMinute } from "../../contract/counter-store.ts";

const now = () => 0;
const both = { UPSTASH_REDIS_REST_URL: "https://redis.example", UPSTASH_REDIS_REST_TOKEN: "secret" };
const counter = (remaining: number) => {
  const grant = async () => ({ allowed: true, remaining, resetMs: 1, at: 0 });
  const lease = async () => {
    return { tokens: 1, ttlMs: 1, left: 1, resetMs: 1, period: 1, crowded: false };
  };
  const nothing = async () => {};
  return { take: grant, peek: grant, refund: nothing, charge: nothing, lease, relay: lease };
};
const namespace = { getByName: () => counter(1) };
const take = { key: "k", allowance: perMinute(5), cost: 1 };

function upstash() {
  const made: UpstashOptions[] = [];
  const factory = (options: UpstashOptions): CounterStore => {
    made.push(options);
    return { remote: true, ...counter(2) };
  };
  return { made, factory };
}
describe("selectCounterStore", () => {
  it("takes Durable Objects by default", async () => {
    const store = selectCounterStore({}, namespace, { now, counters: "auto", upstash: upstash().factory });
    expect((await store.take(take)).remaining).toBe(1);
  });

  it("takes Upstash where its URL and token are set", async () => {
    const { made, factory } = upstash();
    const store = selectCounterStore(both, namespace, {
      now,
      counters: "auto",
      upstash: factory,
      timeoutMs: 77,
    });
    expect((await store.take(take)).remaining).toBe(2);
    expect(made).toEqual([{ url: "https://redis.example", token: "secret", timeoutMs: 77 }]);
  });

  it("bounds the store's time unless told otherwise", () => {
    const { made, factory } = upstash();
    selectCounterStore(both, namespace, { now, counters: "auto", upstash: factory });
    expect(made[0]?.timeoutMs).toBe(STORE_TIMEOUT_MS);
  });

  it("takes Durable Objects where told so, whatever else is set", async () => {
    const store = selectCounterStore(both, namespace, { now, counters: "durable-objects" });
    expect((await store.take(take)).remaining).toBe(1);
  });

  it("takes nothing but Upstash where told so", async () => {
    const { factory } = upstash();
    const choice = { now, counters: "upstash", upstash: factory } as const;
    expect((await selectCounterStore(both, namespace, choice).take(take)).remaining).toBe(2);
    expect(() => selectCounterStore({}, namespace, choice)).toThrow(/must be set/);
  });

  it("takes memory only when told so, and then whatever else is set", () => {
    const store = selectCounterStore(both, namespace, {
      now,
      counters: "memory",
      upstash: upstash().factory,
    });
    expect(store.remote).toBe(false);
  });

  it.each(["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"] as const)(
    "throws when only %s is set",
    (name) => {
      expect(() =>
        selectCounterStore({ [name]: both[name] }, namespace, {
          now,
          counters: "auto",
          upstash: upstash().factory,
        }),
      ).toThrow(/must be set together/);
    },
  );

  it("throws rather than use another store when the bundle has no Upstash", () => {
    expect(() => selectCounterStore(both, namespace, { now, counters: "auto" })).toThrow(/no Upstash/);
  });

  it("throws when there is no namespace", () => {
    expect(() => selectCounterStore({}, undefined, { now, counters: "auto" })).toThrow(/namespace/);
  });
});
