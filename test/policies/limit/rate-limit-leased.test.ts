import { describe, expect, it } from "vitest";
import { Leases } from "../../../src/limits/leases.ts";
import type { RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import { createLedgerStore } from "../../support/ledger-store.ts";
import { answer, limiter, request, START } from "./limited.ts";

const MINUTE = 60_000;

/** Isolates that lease the counters of one limit from one store. */
function isolates(count: number, written: RateLimitOptions) {
  const clock = { now: START };
  const now = () => clock.now;
  const store = createLedgerStore(now);
  // The tests' own clock is the only one.
  const pause = async () => {};
  const policies = Array.from(
    { length: count },
    () => limiter(written, { store: { ...store, leases: new Leases(store, now, pause) } }).policy,
  );
  let next = 0;
  /** Sends a request to the next isolate, whose origin says what it costs. */
  const ask = async (headers: Record<string, string> = {}) => {
    const policy = policies[next++ % count]!;
    const ctx = request({ deadline: 10 * 24 * 3_600_000 });
    const { status } = await answer(policy, {}, ctx);
    if (status === 200) await policy.personalise?.(ctx, new Response("", { headers }));
    await Promise.all(ctx.later);
    return status;
  };
  return { clock, ask, policies };
}

describe("a leased limit", () => {
  it.each(["slidingWindow", "tokenBucket"] as const)(
    "that counts what it refuses keeps refusing who hammers, in a %s",
    async (algorithm) => {
      const passed = async (countRefused: boolean) => {
        const written = { limit: 20, window: "1m", algorithm, countRefused, counting: "leased" } as const;
        const { clock, ask } = isolates(2, written);
        let passed = 0;
        for (; clock.now < START + 10 * MINUTE; clock.now += MINUTE / 50) {
          if ((await ask()) === 200) passed++;
        }
        return passed;
      };
      // A bucket's first minute flows in while its burst is spent.
      expect(await passed(true)).toBeLessThanOrEqual(algorithm === "slidingWindow" ? 20 : 40);
      expect(await passed(false)).toBeGreaterThan(140);
    },
  );

  it("charges what answers say they cost, and gives back what was too much", async () => {
    const cost = { response: "headers.x-cost", atFirst: 10 } as const;
    const { ask } = isolates(1, { limit: 100, window: "1h", algorithm: "fixedWindow", cost });
    for (let n = 0; n < 4; n++) expect(await ask({ "x-cost": "5" })).toBe(200);
    // 20 are used, though 40 were taken at first.
    expect(await ask({ "x-cost": "70" })).toBe(200);
    expect([await ask({ "x-cost": "10" }), await ask(), await ask()]).toEqual([200, 429, 429]);
  });

  describe.each(["slidingWindow", "fixedWindow", "tokenBucket"] as const)("by %s", (algorithm) => {
    const byCount = { limit: 10, window: "1m", algorithm, counting: "leased", cost: "query.count" } as const;
    const costing = (count: number) => ({ query: `count=${count}`, deadline: 24 * 3_600_000 });

    it("keeps nothing from others of what it refuses for its cost", async () => {
      const { clock, policies } = isolates(1, byCount);
      const ask = async (count: number) => (await answer(policies[0]!, costing(count))).status;
      expect(await ask(3)).toBe(200);
      for (let n = 0; n < 20; n++, clock.now += 400) expect(await ask(9)).toBe(429);
      // Whatever was leased for those has ended by now.
      expect(await ask(7)).toBe(200);
    });

    it("tells nobody to wait for too short, whatever it costs", async () => {
      const { clock, policies } = isolates(1, byCount);
      const ask = async (count: number) => {
        const { status, headers } = await answer(policies[0]!, costing(count));
        return { status, wait: Number(headers.get("retry-after")) * 1_000 };
      };
      for (let count = 1; count <= 10; count++) {
        for (const [spent, pause] of [
          [4, 0],
          [4, 2_000],
          [1, 5_000],
          [9, 500],
        ] as const) {
          await ask(spent);
          clock.now += pause;
        }
        const { status, wait } = await ask(count);
        if (status === 200) continue;
        clock.now += wait;
        expect([count, await ask(count)]).toMatchObject([count, { status: 200 }]);
      }
    });

    it("recovers from however much was used without having been granted", async () => {
      const most = 100_000_000;
      const { clock, ask } = isolates(1, {
        limit: 1_000,
        window: "1m",
        algorithm,
        cost: { response: "headers.x-cost", atFirst: 1, otherwise: most },
        counting: "leased",
      });
      await Promise.all(Array.from({ length: 60 }, () => ask()));
      clock.now += 10 * MINUTE;
      // What was not told before counts from now on.
      expect(await ask({ "x-cost": "1" })).toBe(429);
      clock.now += 10 * MINUTE;
      expect(await ask({ "x-cost": "1" })).toBe(200);
    });
  });

  it("makes who owes wait until that is paid", async () => {
    const cost = { response: "headers.x-cost", atFirst: 1 } as const;
    const { clock, ask } = isolates(1, { limit: 10, window: "1m", algorithm: "tokenBucket", cost });
    expect(await ask({ "x-cost": "20" })).toBe(200);
    clock.now += MINUTE;
    expect(await ask()).toBe(429);
    clock.now += MINUTE / 4;
    expect(await ask({ "x-cost": "1" })).toBe(200);
  });
});
