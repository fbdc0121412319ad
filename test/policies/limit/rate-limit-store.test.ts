import { describe, expect, it, vi } from "vitest";
import type { CounterStore, LocalCounterStore, Take } from "../../../src/stores/counters/counter-store.ts";
import { createDurableObjectStore } from "../../../src/stores/counters/durable-object.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { failing, limiter, request } from "./limited.ts";

describe("rateLimit", () => {
  it("keeps API keys and giant values out of the store", async () => {
    const takes: Take[] = [];
    const memory = createMemoryStore(() => 0);
    const store: LocalCounterStore = {
      ...memory,
      take(take) {
        takes.push(take);
        return memory.take(take);
      },
    };
    const { ask } = limiter({ limit: 1, window: "1m", by: ["headers.x-api-key"] }, { store });
    await ask(request({ headers: { "x-api-key": "sk_live_1234" } }));
    await ask(request({ headers: { "x-api-key": "k".repeat(60_000) } }));
    expect(takes[0]?.key).not.toContain("sk_live_1234");
    for (const { key } of takes) expect(key.length).toBeLessThan(200);
  });

  describe("when the store fails", () => {
    it("refuses with 503 unless told otherwise, and notes why", async () => {
      const { ask } = limiter({ limit: 1, window: "1m" }, { store: failing });
      const ctx = request();
      expect(await ask(ctx)).toMatchObject({ code: "store-unavailable", entry: { status: 503 } });
      expect(ctx.record.notes).toEqual(["limit store failed: upstash: no answer within 250 ms"]);
      expect(ctx.limits).toBeUndefined();
    });

    it("allows where the route says so, and notes it all the same", async () => {
      const { ask } = limiter({ limit: 1, window: "1m", onStoreFailure: "allow" }, { store: failing });
      const ctx = request();
      expect(await ask(ctx)).toBeUndefined();
      expect(ctx.record.notes).toHaveLength(1);
    });

    it("waits no longer for it than the request has time", async () => {
      vi.useFakeTimers();
      try {
        const silent = () => new Promise<never>(() => {});
        const object = {
          take: silent,
          peek: silent,
          refund: silent,
          charge: silent,
          lease: silent,
          relay: silent,
        };
        const store = createDurableObjectStore({ getByName: () => object }, { timeoutMs: 1_000 });
        const { ask } = limiter({ limit: 1, window: "1m" }, { store });
        let refusal: unknown;
        void Promise.resolve(ask(request({ deadline: 300 }))).then((verdict) => {
          refusal = verdict;
        });
        await vi.advanceTimersByTimeAsync(299);
        expect(refusal).toBeUndefined();
        await vi.advanceTimersByTimeAsync(1);
        expect(refusal).toMatchObject({ code: "store-unavailable" });
      } finally {
        vi.useRealTimers();
      }
    });

    it("treats a store that throws at once alike", async () => {
      const store: CounterStore = {
        ...createMemoryStore(() => 0),
        take: () => {
          throw new RangeError("broken");
        },
      };
      const { ask } = limiter({ limit: 1, window: "1m" }, { store });
      expect(await ask(request())).toMatchObject({ code: "store-unavailable" });
    });
  });

  it("takes one of the request's connection slots for a shared store, and gives it back", async () => {
    const { ask } = limiter({ limit: 1, window: "1m" }, { store: failing });
    const ctx = request();
    for (let i = 0; i < 5; i++) expect(ctx.budget.acquire()).toBeUndefined();
    const [first, second] = [ask(ctx), ask(ctx)];
    await Promise.all([first, second]);
    expect(ctx.budget.subrequests).toBe(7);
    expect(ctx.budget.acquire()).toBeUndefined();
  });

  it("takes no connection slot for a local store", async () => {
    const { ask } = limiter({ limit: 1, window: "1m" });
    const ctx = request();
    await ask(ctx);
    expect(ctx.budget.subrequests).toBe(0);
  });
});
