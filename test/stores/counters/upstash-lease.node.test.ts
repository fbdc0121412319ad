import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Demand, noDemand } from "../../../src/leases/demand.ts";
import { grant, openLedger } from "../../../src/leases/ledger.ts";
import type { Outstanding } from "../../../src/leases/outstanding.ts";
import { poolOf } from "../../../src/leases/pool-of.ts";
import type {
  AlgorithmName,
  Allowance,
  SharedCounterStore,
} from "../../../src/stores/counters/counter-store.ts";
import { createUpstashStore } from "../../../src/stores/counters/upstash.ts";
import { LEASE_SCRIPTS } from "../../../src/stores/counters/upstash-lease-scripts.ts";
import { asksOf, schedules, UNKNOWN } from "../../contract/asks.ts";
import { leasingStoreContract } from "../../contract/leasing-store.ts";
import { findRedisServer, type RunningRedis, startRedis } from "../../support/redis.ts";
import { startUpstashFront, type UpstashFront } from "../../support/upstash-front.ts";

const redisServer = findRedisServer();
const ALGORITHMS: readonly AlgorithmName[] = ["slidingWindow", "fixedWindow", "tokenBucket"];
const START = 4_000_000_000_000;

describe("the lease scripts' hashes", () => {
  it.each(Object.entries(LEASE_SCRIPTS))("are those of what %s runs", (_, { source, sha1 }) => {
    expect(sha1).toBe(createHash("sha1").update(source).digest("hex"));
  });
});

if (redisServer === undefined) {
  const why = "redis-server is not installed, so leases in Upstash were NOT tested against a real Redis";
  console.warn(`SKIPPED: ${why}`);
  it.skip(why, () => {});
} else {
  let redis: RunningRedis;
  let front: UpstashFront;
  let store: SharedCounterStore;
  beforeAll(async () => {
    redis = await startRedis(redisServer);
    front = await startUpstashFront(redis.port);
    store = createUpstashStore({ url: front.url, token: front.token, timeoutMs: 2_000 });
  });
  afterAll(async () => {
    await front?.stop();
    await redis?.stop();
  });
  afterEach(() => void vi.useRealTimers());

  leasingStoreContract("upstash", () =>
    createUpstashStore({ url: front.url, token: front.token, timeoutMs: 2_000 }),
  );

  describe.each(ALGORITHMS)("leases in Upstash by %s", (algorithm) => {
    let counters = 0;

    it("are those of the ledger, and so is what is kept, whatever is asked and when", async () => {
      const property = fc.asyncProperty(
        schedules(algorithm, 40),
        // Where clocks disagree, the latest time seen is the store's.
        fc.array(fc.nat(2_000), { minLength: 1 }),
        // A key's limit may change.
        fc.array(fc.constantFrom(1, 1, 1, 0.4, 2.5), { minLength: 1 }),
        async (schedule, behind, factors) => {
          const key = `twin ${algorithm} ${counters++}`;
          const ledger = openLedger(poolOf(schedule.allowance));
          let index = 0;
          for (const { now, ask } of asksOf(schedule, START)) {
            const allowance = times(schedule.allowance, factors[index % factors.length]!);
            const told = now - behind[index++ % behind.length]!;
            vi.useFakeTimers({ toFake: ["Date"], now: told });
            const expected = grant(ledger, poolOf(allowance), ask, Math.max(told, ledger.demand.at));
            expect(await store.lease({ key, allowance, ask, location: "FRA" })).toEqual(expected);
          }
          const kept = String(await front.ask(["GET", `isogate:lease:${key}`]))
            .split(" ")
            .map(Number);
          const wanted = [...demandNumbers(ledger.demand), ...poolNumbers(ledger.tokens)];
          expect(kept.length).toBe(wanted.length);
          for (const [at, number] of wanted.entries()) expect(kept[at]).toBeCloseTo(number, 6);
        },
      );
      await fc.assert(property, { numRuns: 60 });
    });

    it("keep nothing for longer than until all has come back", async () => {
      const key = `expiring ${algorithm}`;
      const allowance: Allowance = { algorithm, limit: 60, windowMs: 60_000, burst: 60 };
      await store.lease({ key, allowance, ask: UNKNOWN, location: undefined });
      const ttl = Number(await front.ask(["PTTL", `isogate:lease:${key}`]));
      expect(ttl).toBeGreaterThan(10_000);
      expect(ttl).toBeLessThanOrEqual(poolOf(allowance).spanMs);
    });

    it("ask the script by its hash, and bring it along where Redis has forgotten it", async () => {
      const allowance: Allowance = { algorithm, limit: 60, windowMs: 60_000, burst: 60 };
      const lease = () =>
        store.lease({ key: `hash ${algorithm}`, allowance, ask: UNKNOWN, location: undefined });
      await lease();
      await front.ask(["SCRIPT", "FLUSH"]);
      const asked = front.requests.length;
      await lease();
      await lease();
      expect(front.requests.slice(asked)).toEqual(["/ EVALSHA", "/ EVAL", "/ EVALSHA"]);
    });
  });
}

function times(allowance: Allowance, factor: number): Allowance {
  const limit = Math.ceil(allowance.limit * factor);
  const burst = allowance.algorithm === "tokenBucket" ? Math.ceil(allowance.burst * factor) : limit;
  return { ...allowance, limit, burst };
}

function demandNumbers(demand: Demand): number[] {
  const { period, rate, roots, rateBefore, isolates, isolatesBefore, held, at } = {
    ...noDemand(),
    ...demand,
  };
  return [period, rate, roots, rateBefore, isolates, isolatesBefore, held, at];
}

function poolNumbers(tokens: unknown): number[] {
  const { window, used, level, at, longestMs, outstanding, slots } = tokens as Record<string, number> & {
    outstanding?: Outstanding;
    slots?: number[];
  };
  if (window !== undefined) return [window, used!];
  if (slots !== undefined) return slotNumbers(tokens as Outstanding);
  return [level!, at!, longestMs!, ...slotNumbers(outstanding!)];
}

function slotNumbers({ first, slots }: Outstanding): number[] {
  const numbers = [first];
  for (let slot = first; slot < first + slots.length; slot++) {
    const held = slots[slot % slots.length]!;
    if (held > 0) numbers.push(slot, held);
  }
  return numbers;
}
