import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/errors/refusal.ts";
import { options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import type { CounterStore } from "../../../src/stores/counters/counter-store.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { answer, limiter, START, sharedStore } from "./limited.ts";

const MINUTE = 60_000;
const counting = { limit: 5, window: "1m", countRefused: true } as const satisfies RateLimitOptions;

/** How many of a caller's requests pass who sends one every `step` ms from the beginning of a window on. */
async function passing(written: RateLimitOptions, step: number, until: number): Promise<number> {
  const { policy, clock } = limiter(written);
  let passed = 0;
  for (; clock.now < START + until; clock.now += step) {
    if ((await answer(policy)).status === 200) passed++;
  }
  return passed;
}

describe("a limit that counts what it refuses", () => {
  it("keeps refusing who goes on hammering, where others would let through what flows back", async () => {
    // Twice as often as allowed.
    const step = MINUTE / 10;
    expect(await passing(counting, step, 10 * MINUTE)).toBe(5);
    expect(await passing({ ...counting, countRefused: false }, step, 10 * MINUTE)).toBeGreaterThan(40);
  });

  it("keeps a bucket empty for who hammers", async () => {
    const bucket = { ...counting, algorithm: "tokenBucket" } as const;
    expect(await passing(bucket, MINUTE / 10, 10 * MINUTE)).toBeLessThanOrEqual(10);
    expect(await passing({ ...bucket, countRefused: false }, MINUTE / 10, 10 * MINUTE)).toBeGreaterThan(40);
  });

  it("begins anew with each fixed window", async () => {
    const fixed = { ...counting, algorithm: "fixedWindow" } as const;
    expect(await passing(fixed, MINUTE / 10, 10 * MINUTE)).toBe(50);
  });

  it("lets a caller in again who has kept to the limit for a while", async () => {
    const { policy, clock } = limiter(counting);
    for (let n = 0; n < 10; n++) await answer(policy);
    clock.now += 2 * MINUTE;
    expect((await answer(policy)).status).toBe(200);
  });

  it.each(["slidingWindow", "fixedWindow", "tokenBucket"] as const)(
    "tells a wait after which nobody is refused again, in a %s",
    async (algorithm) => {
      const property = fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 60 }),
        async (limit, cost, pauses) => {
          fc.pre(cost <= limit);
          const { policy, clock } = limiter({ ...counting, limit, cost, algorithm });
          for (const pause of pauses) {
            clock.now += pause;
            const { status, headers } = await answer(policy);
            if (status !== 429) continue;
            const wait = Number(headers.get("Retry-After"));
            expect(wait).toBeGreaterThanOrEqual(Number(/t=(\d+)/.exec(headers.get("RateLimit")!)?.[1]));
            if (pause % 5 !== 0) continue;
            clock.now += wait * 1_000;
            expect((await answer(policy)).status).toBe(200);
          }
        },
      );
      await fc.assert(property, { numRuns: 200 });
    },
  );

  it("counts nothing of what another limit refuses, nor twice what it refuses itself", async () => {
    const store = createMemoryStore(() => START);
    const day = { name: "day", limit: 4, window: "1d", countRefused: true } as const;
    const burst = { name: "burst", limit: 1, window: "10s" } as const;
    const { policy } = limiter([day, burst], { store });
    for (let n = 0; n < 9; n++) await answer(policy);
    const { headers } = await answer(limiter(day, { store }).policy);
    expect(headers.get("RateLimit")).toContain('"day";r=2;');
  });

  it("counts who is refused with wrong credentials, and goes on guessing", async () => {
    const guesses = { limit: 2, window: "1m", on: "authFailure", countRefused: true } as const;
    const { policy, clock } = limiter(guesses, { authenticates: true });
    const guess = () => answer(policy, { access: refuse("credential-invalid") });
    const statuses: number[] = [];
    for (let n = 0; n < 30; n++) {
      statuses.push((await guess()).status);
      clock.now += MINUTE / 4;
    }
    expect(statuses).toEqual([401, 401, ...Array(28).fill(429)]);
  });

  it("charges a shared store after the answer, and the log tells where that fails", async () => {
    const memory = createMemoryStore(() => START);
    const stuck = { ...sharedStore(memory), charge: () => Promise.reject(new Error("gone")) } as CounterStore;
    const { policy, log } = limiter(counting, { store: stuck });
    for (let n = 0; n < 6; n++) await answer(policy);
    expect(log).toEqual([
      { level: "warn", event: "limit-not-charged", cause: expect.stringContaining("gone") },
    ]);
  });

  it("on trial counts as it would otherwise", async () => {
    const store = createMemoryStore(() => START);
    const { policy } = limiter({ ...counting, mode: "report" }, { store });
    for (let n = 0; n < 20; n++) expect((await answer(policy)).status).toBe(200);
    const { headers } = await answer(limiter(counting, { store }).policy);
    // Twenty in this window: three quarters of the next one must have passed.
    expect(Number(/t=(\d+)/.exec(headers.get("RateLimit")!)?.[1])).toBeGreaterThan(100);
  });

  it("is refused where it could not be told what a refused request costs", () => {
    const wrong = (more: object) =>
      options()
        .safeParse({ ...counting, ...more })
        .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    expect(wrong({ cost: { response: "headers.x-cost" } })).toEqual([
      "countRefused: what is refused has no answer to say what it costs: say cost.atFirst",
    ]);
    expect(wrong({ cost: { response: "headers.x-cost", atFirst: 2 } })).toBeUndefined();
    expect(wrong({ shield: "SHIELD" })).toEqual([
      "countRefused: what the shield refuses does not reach the counters",
    ]);
  });
});
