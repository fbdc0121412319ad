import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/errors/refusal.ts";
import { Leases } from "../../../src/limits/leases.ts";
import { options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import type {
  CounterStore,
  LeaseAsk,
  LocalCounterStore,
  SharedCounterStore,
  Take,
} from "../../../src/stores/counters/counter-store.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { type Definition, define } from "../../contract/definitions.ts";
import { createLedgerStore } from "../../support/ledger-store.ts";
import { answer, limiter, request, START, sharedStore } from "./limited.ts";

const burst = { name: "burst", limit: 1, window: "10s" } as const;
const day = { name: "day", limit: 3, window: "1d" } as const;

const stores: ReadonlyArray<readonly [string, () => CounterStore]> = [
  ["a local store", () => createMemoryStore(() => START)],
  ["a shared store", () => sharedStore(createMemoryStore(() => START))],
  ["leases of a shared store", () => leasing(() => START)],
];

/** A store, and what one isolate has leased of it. */
function leasing(now: () => number): CounterStore {
  const store = createLedgerStore(now);
  return { ...store, leases: new Leases(store, now) };
}

/** A store that fails for the limits of one name; another isolate's, where it leases. */
function failingFor(name: string, store: CounterStore): CounterStore {
  const check = ({ key }: Pick<Take, "key">) => {
    if (key.includes(`"${name}"`)) throw new Error("down");
  };
  const lease = async (question: LeaseAsk) => {
    check(question);
    if (!store.remote) throw new Error("leases nothing");
    return store.lease(question);
  };
  return {
    remote: true,
    async take(take) {
      check(take);
      return store.take(take);
    },
    async peek(peek) {
      check(peek);
      return store.peek(peek);
    },
    async refund(refund) {
      check(refund);
      return store.refund(refund);
    },
    async charge(take) {
      check(take);
      return store.charge(take);
    },
    lease,
    ...(store.remote && store.leases !== undefined && { leases: new Leases({ lease }, () => START) }),
  };
}

describe.each(stores)("several limits in %s", (_, open) => {
  /** Limits of one route, and beside them each by itself, in the same store. */
  const limits = (
    written: readonly RateLimitOptions[],
    { authenticates = false, store = open() }: { authenticates?: boolean; store?: CounterStore } = {},
  ) => {
    const { policy, log } = limiter(written, { authenticates, store });
    const alone = (name: string) =>
      limiter(
        written.filter((each) => each.name === name),
        { authenticates, store },
      );
    return {
      policy,
      log,
      /** Units left of one limit, seen by taking one and giving it back. */
      async left(name: string, caller = {}) {
        const { headers } = await answer(alone(name).policy, caller);
        return Number(headers.get("RateLimit")?.match(/r=(\d+)/)?.[1]) + 1;
      },
    };
  };

  it("take from none where one refuses, and the client is told so", async () => {
    const { policy, left } = limits([day, burst]);
    expect((await answer(policy)).status).toBe(200);
    for (let i = 0; i < 5; i++) {
      const { status, headers, body } = await answer(policy);
      expect([status, body?.["violated-policies"]]).toEqual([429, ["burst"]]);
      expect(headers.get("RateLimit")).toMatch(/^"day";r=2;t=\d+, "burst";r=0;t=\d+$/);
    }
    expect(await left("day")).toBe(2);
  });

  it("tell of all that refuse, and when the last of them has room", async () => {
    const { policy } = limits([{ ...day, limit: 1 }, burst]);
    await answer(policy);
    const { headers, body } = await answer(policy);
    expect(body?.["violated-policies"]).toEqual(["day", "burst"]);
    expect(body?.detail).toBe("At most 1 requests per 1d and 1 requests per 10s are allowed.");
    const resets = [...(headers.get("RateLimit") ?? "").matchAll(/t=(\d+)/g)].map(([, reset]) =>
      Number(reset),
    );
    expect(Number(headers.get("Retry-After"))).toBe(Math.max(...resets));
  });

  it("give back what was taken before authentication where one after it refuses", async () => {
    const { policy, left } = limits(
      [
        { ...day, by: ["address"] },
        { ...burst, by: ["identity.id"] },
      ],
      {
        authenticates: true,
      },
    );
    const ada = { identity: { id: "ada" } };
    expect((await answer(policy, ada)).status).toBe(200);
    const refused = await answer(policy, ada);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("RateLimit")).toMatch(/^"day";r=2;t=\d+, "burst";r=0;t=\d+$/);
    expect(await left("day")).toBe(2);
  });

  it("keep what was taken of a request that something else refuses", async () => {
    const { policy, left } = limits(
      [
        { ...day, by: ["address"] },
        { ...burst, by: ["identity.id"] },
      ],
      {
        authenticates: true,
      },
    );
    expect((await answer(policy, { access: refuse("insufficient-rights") })).status).toBe(403);
    expect((await answer(policy, { access: refuse("credential-invalid") })).status).toBe(401);
    expect(await left("day")).toBe(1);
  });

  it("give back where one stands in front of the origin and refuses", async () => {
    const { policy, left } = limits([day, { ...burst, count: "origin" }]);
    expect((await answer(policy)).status).toBe(200);
    expect((await answer(policy)).status).toBe(429);
    expect(await left("day")).toBe(2);
  });

  it("give back where one cannot be asked and denies, and not where it allows", async () => {
    const store = open();
    const failed = failingFor("burst", store);
    const denying = limits([day, burst], { store: failed });
    const denied = await answer(denying.policy);
    expect([denied.status, denied.body?.code]).toEqual([503, "store-unavailable"]);
    const allowing = limits([day, { ...burst, onStoreFailure: "allow" }], { store: failed });
    expect((await answer(allowing.policy)).status).toBe(200);
    expect(await denying.left("day")).toBe(2);
  });

  it("give back where the cost of one cannot be used", async () => {
    const { policy, left } = limits([day, { ...burst, cost: "query.count" }]);
    expect((await answer(policy, { query: "count=x" })).status).toBe(400);
    expect(await left("day")).toBe(3);
  });

  it("say for certain that there is no room, rather than that one cannot be asked", async () => {
    const store = open();
    const whole = limits([day, burst], { store });
    await answer(whole.policy);
    const { policy } = limits([day, burst], { store: failingFor("day", store) });
    expect((await answer(policy)).status).toBe(429);
  });

  it("give back what those on trial took, and keep what they took of a request that is let through", async () => {
    const tried = { ...day, mode: "report" } as const;
    const { policy } = limits([tried, burst]);
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await answer(policy));
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 429, 429, 429]);
    // Had the refused ones been kept, three of them would have used it up.
    expect(answers.map(({ record }) => record.reported)).toEqual(Array(5).fill(undefined));
  });

  it("are not moved by one on trial that has no room", async () => {
    const { policy, left } = limits([{ ...burst, mode: "report" }, day]);
    const answers = [await answer(policy), await answer(policy)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]?.record.reported).toHaveLength(1);
    expect(answers[1]?.headers.get("RateLimit-Policy")).toBe('"day";q=3;w=86400');
    expect(await left("day")).toBe(1);
  });

  it("never let more through than each allows, however many come at once", async () => {
    const { policy, left } = limits([
      { name: "a", limit: 10, window: "1m" },
      { name: "b", limit: 7, window: "1h" },
      { name: "c", limit: 50, window: "1d", algorithm: "tokenBucket" },
    ]);
    const answers = await Promise.all(Array.from({ length: 40 }, () => answer(policy)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(7);
    expect([await left("a"), await left("c")]).toEqual([3, 43]);
  });
});

describe("several limits, wherever each stands", () => {
  const written: fc.Arbitrary<RateLimitOptions> = fc
    .record({
      limit: fc.integer({ min: 1, max: 6 }),
      window: fc.constantFrom("10s", "1m", "1h"),
      algorithm: fc.constantFrom("slidingWindow" as const, "fixedWindow" as const, "tokenBucket" as const),
      by: fc.constantFrom("address" as const, "identity.id" as const, "route" as const),
      count: fc.constantFrom("all" as const, "origin" as const),
      share: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ by, share, ...rest }) => ({ ...rest, by: [by], cost: Math.min(share, rest.limit) }));
  const requests = fc.array(
    fc.record({
      wait: fc.constantFrom(0, 0, 0, 1_500, 9_000, 61_000),
      address: fc.constantFrom("192.0.2.1", "192.0.2.2"),
      id: fc.constantFrom("ada", "bob"),
    }),
    { minLength: 5, maxLength: 40 },
  );

  it.each([
    ["local", (store: LocalCounterStore): CounterStore => store],
    ["shared", sharedStore],
  ])(`take from all or from none, whatever comes, in a %s store`, async (_, share) => {
    const property = fc.asyncProperty(
      fc.array(written, { minLength: 1, maxLength: 5 }),
      requests,
      async (anonymous, asked) => {
        const limits = anonymous.map((each, index) => ({ ...each, name: `l${index}` }));
        const parsed = limits.map((each) => options().parse(each));
        let now = START;
        const store = share(createMemoryStore(() => now));
        const { policy } = limiter(limits, { authenticates: true, store });
        const counters = new Map<string, Definition>();
        for (const { wait, address, id } of asked) {
          now += wait;
          const due = parsed.map((limit) => {
            const subject = { address, "identity.id": id, route: "" }[String(limit.by)];
            const key = `${limit.name} ${subject}`;
            const counter = counters.get(key) ?? define(limit);
            counters.set(key, counter);
            return { counter, limit, cost: Number(limit.cost) };
          });
          const full = due.filter(({ counter, cost }) => counter.left(now) < cost);
          if (full.length === 0) for (const { counter, cost } of due) counter.take(cost, now);
          const { status, headers } = await answer(policy, { address, identity: { id } });
          expect(status).toBe(full.length === 0 ? 200 : 429);
          for (const [, name, left] of (headers.get("RateLimit") ?? "").matchAll(/"(\w+)";r=(\d+)/g)) {
            expect(due.find(({ limit }) => limit.name === name)?.counter.left(now)).toBe(Number(left));
          }
        }
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });
});

describe("several limits in a shared store", () => {
  it("are asked at the same time, each with a connection slot of its own", async () => {
    const memory = createMemoryStore(() => START);
    let open = 0;
    let most = 0;
    const store: CounterStore = {
      ...(sharedStore(memory) as SharedCounterStore),
      async take(take: Take) {
        most = Math.max(most, ++open);
        await Promise.resolve();
        open--;
        return memory.take(take);
      },
    };
    const written = Array.from({ length: 8 }, (_, index) => ({ name: `l${index}`, limit: 9, window: "1m" }));
    const { policy } = limiter(written, { store });
    const ctx = request();
    expect((await answer(policy, {}, ctx)).status).toBe(200);
    expect(most).toBe(6);
    for (let i = 0; i < 6; i++) expect(ctx.budget.acquire()).toBeUndefined();
  });

  it("are given back after the answer, and the log tells where that fails", async () => {
    const memory = createMemoryStore(() => START);
    const store: CounterStore = { ...sharedStore(memory), remote: true } as CounterStore;
    const stuck = { ...store, refund: () => Promise.reject(new Error("gone")) } as CounterStore;
    const { policy, log } = limiter([day, burst], { store: stuck });
    await answer(policy);
    expect((await answer(policy)).status).toBe(429);
    expect(log).toEqual([
      { level: "warn", event: "limit-not-released", cause: expect.stringContaining("gone") },
    ]);
  });
});
