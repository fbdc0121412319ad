import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { counterStoreContract, perMinute } from "../../contract/counter-store.ts";

counterStoreContract("memory", () => createMemoryStore(() => Date.now()));

describe("memory store", () => {
  const once = (key: string) => ({ key, allowance: perMinute(1), cost: 1 });

  it("answers without a promise", () => {
    expect(createMemoryStore(() => 0).take(once("a"))).not.toBeInstanceOf(Promise);
  });

  it("forgets a counter that was not asked for lately when it is full", () => {
    const store = createMemoryStore(() => 0, 2);
    store.take(once("stays"));
    store.take(once("goes"));
    store.take(once("stays"));
    store.take(once("new"));
    expect(store.take(once("stays")).allowed).toBe(false);
    expect(store.take(once("goes")).allowed).toBe(true);
  });

  it.each(["take", "peek"] as const)(
    "keeps counting a caller who is refused again and again by %s",
    (verb) => {
      const store = createMemoryStore(() => 0, 3);
      store.take(once("flood"));
      for (let i = 0; i < 20; i++) {
        store.take(once(`visitor ${i}`));
        expect(store[verb](once("flood")).allowed).toBe(false);
      }
    },
  );
});
