import { describe, expect, it } from "vitest";
import { Leases } from "../../../src/limits/leases.ts";
import { options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import type { CounterStore } from "../../../src/stores/counters/counter-store.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { createLedgerStore } from "../../support/ledger-store.ts";
import { answer, limiter, request, START, sharedStore } from "./limited.ts";

const SECOND = 1_000;
const written = {
  limit: 2,
  window: "10s",
  algorithm: "fixedWindow",
  penalty: { first: "20s", most: "1m", memory: "1h" },
} as const satisfies RateLimitOptions;

/** So many isolates with one store and one clock. */
function isolates(count: number, options: RateLimitOptions, open: (now: () => number) => () => CounterStore) {
  const clock = { now: START };
  const store = open(() => clock.now);
  const policies = Array.from({ length: count }, () => {
    const limited = limiter(options, { store: store() });
    // Its own clock is the others'.
    Object.defineProperty(limited.clock, "now", { get: () => clock.now });
    return limited.policy;
  });
  return {
    clock,
    ask: (isolate = 0, address = "203.0.113.9") =>
      answer(policies[isolate]!, { address }, request({ address, deadline: 10 * 24 * 3_600_000 })),
  };
}

const stores: ReadonlyArray<readonly [string, (now: () => number) => () => CounterStore]> = [
  [
    "exact",
    (now) => {
      const store = sharedStore(createMemoryStore(now));
      return () => store;
    },
  ],
  [
    "leased",
    (now) => {
      const store = createLedgerStore(now);
      return () => ({ ...store, leases: new Leases(store, now) });
    },
  ],
];

describe.each(stores)("a limit with a penalty, %s", (counting, open) => {
  const terms = { ...written, counting: counting as "exact" | "leased" };

  /** Goes beyond the limit once. @returns the wait that it is told, in seconds */
  async function violate(ask: ReturnType<typeof isolates>["ask"], isolate = 0): Promise<number> {
    for (let n = 0; n < 10; n++) {
      const { status, headers } = await ask(isolate);
      if (status === 429) return Number(headers.get("Retry-After"));
    }
    throw new Error("nothing was refused");
  }

  it("shuts out for longer each time, and never for longer than it may", async () => {
    const { clock, ask } = isolates(1, terms, open);
    const waits: number[] = [];
    for (let n = 0; n < 4; n++) {
      const wait = await violate(ask);
      waits.push(wait);
      clock.now += wait * SECOND;
    }
    // Up to a tenth longer by chance.
    for (const [index, seconds] of [20, 40, 60, 60].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(seconds);
      expect(waits[index]).toBeLessThanOrEqual(seconds * 1.1);
    }
  });

  it("refuses all the while, though the limit has room again, and asks nothing", async () => {
    const { clock, ask } = isolates(1, terms, open);
    await violate(ask);
    clock.now += 19 * SECOND;
    const refused = await ask();
    expect([refused.status, refused.subrequests, Number(refused.headers.get("Retry-After"))]).toEqual([
      429, 0, 1,
    ]);
    clock.now += SECOND;
    expect((await ask()).status).toBe(200);
  });

  it("shuts out one key, and no other", async () => {
    const { ask } = isolates(1, terms, open);
    await violate(ask);
    expect((await ask(0, "198.51.100.7")).status).toBe(200);
  });

  it("holds in an isolate that has never seen the key, at once, and in another a second later", async () => {
    const { clock, ask } = isolates(3, terms, open);
    expect((await ask(1)).status).toBe(200);
    clock.now += 10 * SECOND;
    await violate(ask);
    clock.now += 10 * SECOND;
    expect((await ask(2)).status).toBe(429);
    // It looks behind its answer, so the first may still pass.
    await ask(1);
    expect((await ask(1)).status).toBe(429);
  });

  it("counts one violation however many requests are refused at once, in however many isolates", async () => {
    const { clock, ask } = isolates(3, terms, open);
    await Promise.all(Array.from({ length: 30 }, (_, index) => ask(index % 3)));
    clock.now += 60 * SECOND;
    const wait = await violate(ask);
    expect(wait).toBeGreaterThanOrEqual(40);
    expect(wait).toBeLessThanOrEqual(44);
  });

  it("forgets violations after a while", async () => {
    const { clock, ask } = isolates(1, terms, open);
    await violate(ask);
    clock.now += 2 * 3_600 * SECOND;
    expect(await violate(ask)).toBeLessThanOrEqual(22);
  });
});

describe("a penalty", () => {
  it("of one second is what the next second ends", async () => {
    const short = { ...written, counting: "exact", penalty: { first: "1s", most: "1s" } } as const;
    const { clock, policy } = limiter({ ...short, window: "1s" });
    for (const status of [200, 200, 429, 429]) expect((await answer(policy)).status).toBe(status);
    clock.now += SECOND;
    expect((await answer(policy)).status).toBe(200);
  });

  it("that cannot be looked up leaves the limit as it declares, and the log says so", async () => {
    const counters = sharedStore(createMemoryStore(() => START)) as CounterStore & { remote: true };
    const peek = () => Promise.reject(new Error("upstash: gone"));
    const take: typeof counters.take = (take) =>
      take.key.includes("!") ? Promise.reject(new Error("upstash: gone")) : counters.take(take);
    const { policy } = limiter(written, { store: { ...counters, peek, take } });
    const answers = [await answer(policy), await answer(policy), await answer(policy)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]!.record.notes).toContain("penalty store failed: upstash: gone");
  });

  it("on trial shuts nobody out", async () => {
    const { policy } = limiter({ ...written, mode: "report" });
    for (let n = 0; n < 5; n++) expect((await answer(policy)).status).toBe(200);
  });

  it("for failed authentications keeps guessers out for longer", async () => {
    const { refuse } = await import("../../../src/errors/refusal.ts");
    const guesses = { ...written, on: "authFailure" } as const;
    const { policy, clock } = limiter(guesses, { authenticates: true });
    const guess = () => answer(policy, { access: refuse("credential-invalid") });
    expect([(await guess()).status, (await guess()).status, (await guess()).status]).toEqual([401, 401, 429]);
    clock.now += 12 * SECOND;
    expect((await guess()).status).toBe(429);
    clock.now += 8 * SECOND;
    expect((await guess()).status).toBe(401);
  });

  it.each([
    [{ first: "10s", most: "5s" }, "most"],
    [{ first: "1500ms" }, "first"],
    [{ first: "0s" }, "first"],
    [{ memory: "2d" }, "memory"],
  ])("of %j is a mistake", (penalty, path) => {
    const parsed = options().safeParse({ ...written, penalty });
    expect(parsed.error?.issues.map((issue) => issue.path.join("."))).toEqual([`penalty.${path}`]);
  });
});
