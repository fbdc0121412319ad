import { describe, expect, it, vi } from "vitest";
import type { RequestContext } from "../../../src/context.ts";
import { Refusal } from "../../../src/errors/refusal.ts";
import { options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import type { Policy } from "../../../src/policies/policy.ts";
import type { CounterStore, LocalCounterStore, Take } from "../../../src/stores/counters/counter-store.ts";
import { createDurableObjectStore } from "../../../src/stores/counters/durable-object.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { answer, ask, type Caller, failing, limiter, request } from "./limited.ts";

async function allowed(policy: Policy, caller: Caller): Promise<boolean> {
  return (await ask(policy, request(caller))) === undefined;
}

function answered(policy: Policy, ctx: RequestContext, headers = new Headers()): Headers {
  policy.finalise?.(ctx, headers, new Response());
  return headers;
}

describe("rateLimit", () => {
  it("lets the limit through and refuses the rest with 429", async () => {
    const { policy } = limiter({ limit: 2, window: "1m" });
    expect(await allowed(policy, {})).toBe(true);
    expect(await allowed(policy, {})).toBe(true);
    const refusal = await ask(policy, request());
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: "rate-limited", entry: { status: 429 } });
  });

  it("names the violated policy and says when to come back, no earlier than the RateLimit field does", async () => {
    const { policy, clock } = limiter({ limit: 1, window: "1m", name: "burst" });
    clock.now += 15_500;
    await ask(policy, request());
    const ctx = request();
    const refusal = (await ask(policy, ctx)) as Refusal;
    const headers = answered(
      policy,
      ctx,
      new Headers(refusal.details.headers?.map(([name, value]) => [name, value])),
    );
    expect(refusal.details.extensions).toEqual({ "violated-policies": ["burst"] });
    expect(headers.get("RateLimit")).toBe('"burst";r=0;t=45');
    expect(headers.get("Retry-After")).toBe("45");

    clock.now += 44_000;
    expect(await allowed(policy, {})).toBe(false);
    clock.now += 1_000;
    expect(await allowed(policy, {})).toBe(true);
  });

  it("shows limit, window, rest and reset on allowed answers", async () => {
    const { policy } = limiter({ limit: 60, window: "1m" });
    const ctx = request();
    await ask(policy, ctx);
    const headers = answered(policy, ctx);
    expect(headers.get("RateLimit-Policy")).toBe('"60-per-1m";q=60;w=60');
    expect(headers.get("RateLimit")).toBe('"60-per-1m";r=59;t=61');
  });

  it("writes the fields of all limits of a route once, and again for another answer", async () => {
    const { policy, ask } = limiter([
      { limit: 10, window: "1s", name: "burst" },
      { limit: 1_000, window: "1h", name: "hourly" },
    ]);
    const ctx = request();
    await ask(ctx);
    const both = '"burst";q=10;w=1, "hourly";q=1000;w=3600';
    for (const headers of [new Headers(), new Headers()]) {
      expect(answered(policy, ctx, headers).get("RateLimit-Policy")).toBe(both);
    }
  });

  it("writes no fields when nothing was counted", () => {
    const { policy } = limiter({ limit: 1, window: "1s" });
    expect([...answered(policy, request())]).toEqual([]);
  });

  it("answers without a promise when the store does", () => {
    const { policy } = limiter({ limit: 1, window: "1s" });
    expect(ask(policy, request())).toBeUndefined();
  });

  describe("counts for itself", () => {
    it("each route", async () => {
      const a = limiter({ limit: 1, window: "1m" });
      const b = limiter({ limit: 1, window: "1m" }, { id: "GET /b", store: a.counters });
      expect(await allowed(a.policy, {})).toBe(true);
      expect(await allowed(b.policy, {})).toBe(true);
    });

    it("not each variant of a route, among which callers choose", async () => {
      const a = limiter({ limit: 1, window: "1m" });
      const b = limiter({ limit: 1, window: "1m" }, { store: a.counters });
      expect(await allowed(a.policy, {})).toBe(true);
      expect(await allowed(b.policy, {})).toBe(false);
    });

    it("each of several limits of a route", async () => {
      const short = limiter({ limit: 2, window: "1m" });
      const long = limiter({ limit: 2, window: "1h" }, { store: short.counters });
      const keyed = limiter({ limit: 2, window: "1m", by: ["params.id"] }, { store: short.counters });
      const named = limiter({ limit: 2, window: "1m", name: "other" }, { store: short.counters });
      const hourly = limiter({ limit: 2, window: "1h", name: "other" }, { store: short.counters });
      for (const expected of [true, true, false]) {
        for (const { policy } of [short, long, keyed, named, hourly]) {
          expect(await allowed(policy, { params: { id: "203.0.113.9" } })).toBe(expected);
        }
      }
    });
  });

  describe("tells callers apart by", () => {
    const apart = async (written: RateLimitOptions, a: Caller, b: Caller, authenticates = false) => {
      const { policy } = limiter(written, { authenticates });
      await ask(policy, request(a));
      return allowed(policy, b);
    };
    const one = { limit: 1, window: "1m" };

    it("address where the route is public", async () => {
      expect(await apart(one, { address: "203.0.113.1" }, { address: "203.0.113.2" })).toBe(true);
      expect(await apart(one, {}, { headers: { "user-agent": "other" } })).toBe(false);
    });

    it("IPv6 network, since a caller has all addresses of it", async () => {
      expect(await apart(one, { address: "2001:db8::1" }, { address: "2001:db8::ffff:2" })).toBe(false);
      expect(await apart(one, { address: "2001:db8::1" }, { address: "2001:db8:0:1::1" })).toBe(true);
    });

    it("identity where the route authenticates", async () => {
      expect(await apart(one, { identity: { id: "a" } }, { identity: { id: "b" } }, true)).toBe(true);
      const moved = { identity: { id: "a" }, address: "203.0.113.2" };
      expect(await apart(one, { identity: { id: "a" } }, moved, true)).toBe(false);
    });

    it.each([
      ["headers.x-api-key", { headers: { "X-Api-Key": "a" } }, { headers: { "X-Api-Key": "b" } }],
      ["query.tenant", { query: "tenant=a" }, { query: "tenant=b" }],
      ["params.org", { params: { org: "a" } }, { params: { org: "b" } }],
      ["identity.consumer", { identity: { consumer: "a" } }, { identity: { consumer: "b" } }],
      ["identity.claims.org", { identity: { claims: { org: "a" } } }, { identity: { claims: { org: "b" } } }],
      [
        "identity.claims.org.id",
        { identity: { claims: { org: { id: "a" } } } },
        { identity: { claims: { org: { id: "b" } } } },
      ],
      ["identity.claims.n", { identity: { claims: { n: 1 } } }, { identity: { claims: { n: 2 } } }],
    ] as const)("%s", async (key, a, b) => {
      expect(await apart({ ...one, by: [key] }, a, b)).toBe(true);
      expect(await apart({ ...one, by: [key] }, a, { ...a, address: "203.0.113.2" })).toBe(false);
    });

    it("several values together", async () => {
      const by = ["address", "query.tenant"] as const;
      expect(await apart({ ...one, by }, { query: "tenant=a" }, { query: "tenant=b" })).toBe(true);
      expect(
        await apart({ ...one, by }, { query: "tenant=a" }, { address: "203.0.113.2", query: "tenant=a" }),
      ).toBe(true);
      expect(await apart({ ...one, by }, { query: "tenant=a" }, { query: "tenant=a" })).toBe(false);
    });

    it("nothing, for one counter over the whole route", async () => {
      expect(await apart({ ...one, by: ["route"] }, {}, { address: "203.0.113.2" })).toBe(false);
    });

    it.each(["headers.x-api-key", "query.tenant", "identity.consumer", "identity.claims.org"] as const)(
      "%s, and counts all without it together",
      async (key) => {
        expect(await apart({ ...one, by: [key] }, {}, { address: "203.0.113.2" })).toBe(false);
      },
    );

    it("address, and counts all whose address is unknown together", async () => {
      expect(await apart(one, { address: "" }, { address: "" })).toBe(false);
    });
  });

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

  describe("stands", () => {
    it.each([
      [["address"], true, "guard"],
      [["headers.x", "params.y", "query.z", "route"], true, "guard"],
      [["identity.id"], true, "limit"],
      [["address", "identity.claims.org"], true, "limit"],
      [undefined, true, "limit"],
      [undefined, false, "guard"],
    ] as const)("by %j, authenticating %s, in %s", (by, authenticates, phase) => {
      const { policy } = limiter({ limit: 1, window: "1s", ...(by && { by }) }, { authenticates });
      expect(Object.keys(policy).filter((name) => name !== "finalise")).toEqual([phase]);
    });
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
        const object = { take: silent, peek: silent, refund: silent };
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

  it("gives way to what the algorithm allows", async () => {
    const bucket = limiter({ limit: 60, window: "1m", algorithm: "tokenBucket", burst: 2, name: "b" });
    const first = await answer(bucket.policy);
    expect(first.headers.get("RateLimit-Policy")).toBe('"b";q=2;w=2');
    expect(first.headers.get("RateLimit")).toBe('"b";r=1;t=1');
    expect((await answer(bucket.policy)).status).toBe(200);
    const refused = await answer(bucket.policy);
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "1"]);
    expect(refused.body?.detail).toBe("At most 60 requests per 1m in bursts of 2 are allowed.");
    bucket.clock.now += 1_000;
    expect((await answer(bucket.policy)).status).toBe(200);

    const fixed = limiter({ limit: 1, window: "1m", algorithm: "fixedWindow" });
    fixed.clock.now += 59_000;
    expect((await answer(fixed.policy)).status).toBe(200);
    expect((await answer(fixed.policy)).headers.get("Retry-After")).toBe("1");
    fixed.clock.now += 1_000;
    expect((await answer(fixed.policy)).status).toBe(200);
  });

  it("tells no window of a bucket that fills within a second", async () => {
    const { policy } = limiter({ limit: 100, window: "1s", algorithm: "tokenBucket", burst: 50, name: "b" });
    expect((await answer(policy)).headers.get("RateLimit-Policy")).toBe('"b";q=50');
  });

  describe("costs", () => {
    it("what it is told to", async () => {
      const { policy } = limiter({ limit: 10, window: "1m", cost: 4, name: "dear" });
      const answers = [await answer(policy), await answer(policy), await answer(policy)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(answers.map(({ headers }) => headers.get("RateLimit")?.match(/r=(\d+)/)?.[1])).toEqual([
        "6",
        "2",
        "2",
      ]);
      expect(answers[2]?.body?.detail).toBe("At most 10 units per 1m are allowed.");
    });

    it("what the request says, and one unit where it does not", async () => {
      const { policy } = limiter({ limit: 10, window: "1m", cost: "query.count" });
      const left = async (query: string) => {
        const { status, headers } = await answer(policy, { query });
        return [status, headers.get("RateLimit")?.match(/r=(\d+)/)?.[1]];
      };
      expect(await left("count=7")).toEqual([200, "3"]);
      expect(await left("")).toEqual([200, "2"]);
      expect(await left("count=3")).toEqual([429, "2"]);
      expect(await left("count=2")).toEqual([200, "0"]);
    });

    it.each(["0", "-1", "1.5", "1e1", " 1", "x", "", "11", "9".repeat(400), "٣"])(
      "no %j: that is refused with 400, and takes nothing",
      async (count) => {
        const { policy } = limiter({ limit: 10, window: "1m", cost: "query.count" });
        const query = new URLSearchParams({ count }).toString();
        const { status, body } = await answer(policy, { query });
        expect([status, body?.code]).toEqual([400, "unusable-value"]);
        expect(body?.detail).toBe("query.count is not a whole number from 1 to 10.");
        expect((await answer(policy, { query: "count=10" })).status).toBe(200);
      },
    );

    it.each([
      ["a parameter", "query.count", { query: "count=1&count=9" }],
      ["a header field", "headers.x-count", { headers: { "x-count": "1, 9" } }],
    ] as const)(
      "nothing that %s says twice, since its origin may mean the other",
      async (_, cost, caller) => {
        const { policy } = limiter({ limit: 10, window: "1m", cost, by: ["route"] });
        const { status, body } = await answer(policy, caller);
        expect([status, body?.code]).toEqual([400, "unusable-value"]);
      },
    );

    it("a number that a claim is", async () => {
      const { policy } = limiter({ limit: 10, window: "1m", cost: "identity.claims.weight", by: ["route"] });
      const weighing = (weight: number) => ({ identity: { id: "a", claims: { weight } } });
      expect((await answer(policy, weighing(6))).status).toBe(200);
      expect((await answer(policy, weighing(6))).status).toBe(429);
    });
  });

  describe("of a group", () => {
    const search = { limit: 2, window: "1m", group: "search" } as const;

    it("is one counter for all routes of the group", async () => {
      const a = limiter(search);
      const b = limiter(
        { ...search, cost: 2, name: "dear", onStoreFailure: "allow" },
        { id: "GET /b", store: a.counters },
      );
      expect((await answer(a.policy)).status).toBe(200);
      expect((await answer(b.policy)).status).toBe(429);
      expect((await answer(a.policy)).status).toBe(200);
      expect((await answer(a.policy)).status).toBe(429);
    });

    it("is another counter than that of a route, and of another group", async () => {
      const a = limiter(search);
      const others = [
        limiter({ limit: 2, window: "1m", name: "search" }, { store: a.counters }),
        limiter({ ...search, group: "other" }, { store: a.counters }),
      ];
      for (let i = 0; i < 2; i++) expect((await answer(a.policy)).status).toBe(200);
      for (const { policy } of others) expect((await answer(policy)).status).toBe(200);
    });
  });

  describe("on trial", () => {
    const trial = { limit: 1, window: "1m", mode: "report" } as const;

    it("refuses nobody, says whom it would have, and shows nothing to the client", async () => {
      const { policy } = limiter(trial);
      const first = await answer(policy);
      expect([first.status, first.record.reported]).toEqual([200, undefined]);
      const second = await answer(policy);
      expect(second.status).toBe(200);
      expect(second.record.reported).toEqual([
        { policy: "rateLimit", code: "rate-limited", reason: "At most 1 requests per 1m are allowed." },
      ]);
      expect([...second.headers.keys()].filter((name) => name.startsWith("ratelimit"))).toEqual([]);
    });

    it("reports what its store's failure would have done, if anything", async () => {
      const denying = await answer(limiter(trial, { store: failing }).policy);
      expect([denying.status, denying.record.reported?.map(({ code }) => code)]).toEqual([
        200,
        ["store-unavailable"],
      ]);
      const allowing = limiter({ ...trial, onStoreFailure: "allow" }, { store: failing });
      expect((await answer(allowing.policy)).record.reported).toBeUndefined();
    });

    it("reports a cost that cannot be used", async () => {
      const { policy } = limiter({ ...trial, cost: "query.count" });
      const { status, record } = await answer(policy, { query: "count=x" });
      expect([status, record.reported?.map(({ code }) => code)]).toEqual([200, ["unusable-value"]]);
    });
  });

  it("takes no connection slot for a local store", async () => {
    const { ask } = limiter({ limit: 1, window: "1m" });
    const ctx = request();
    await ask(ctx);
    expect(ctx.budget.subrequests).toBe(0);
  });
});

describe("rateLimit options", () => {
  const parse = (written: unknown) => options().safeParse(written);

  it("become plain JSON with the defaults filled in", () => {
    const parsed = options().parse({ limit: 5, window: "90s" });
    expect(JSON.parse(JSON.stringify(parsed))).toEqual({
      limit: 5,
      windowMs: 90_000,
      name: "5-per-90s",
      algorithm: "slidingWindow",
      burst: 5,
      cost: 1,
      on: "request",
      count: "all",
      mode: "enforce",
      onStoreFailure: "deny",
    });
  });

  it.each([
    ["1s", "1-per-1s"],
    ["60s", "1-per-1m"],
    ["24h", "1-per-1d"],
    ["90m", "1-per-90m"],
  ])("name a limit of 1 in %s %s", (window, name) => {
    expect(options().parse({ limit: 1, window }).name).toBe(name);
  });

  it("name a limit after its group", () => {
    expect(options().parse({ limit: 1, window: "1s", group: "search" }).name).toBe("search");
    expect(options().parse({ limit: 1, window: "1s", group: "search", name: "own" }).name).toBe("own");
  });

  it.each(["query.count", "headers.x-units", "params.n", "identity.claims.weight", 5] as const)(
    "accept a cost of %s",
    (cost) => {
      expect(parse({ limit: 5, window: "1s", cost }).success).toBe(true);
    },
  );

  it.each([
    "address",
    "route",
    "identity.id",
    "identity.claims.org.id",
    "headers.x-api-key",
    "params.id",
    "query.tenant",
  ])("accept a limit by %s", (key) => {
    expect(parse({ limit: 1, window: "1s", by: [key] }).success).toBe(true);
  });

  it.each([
    ["no limit", { window: "1s" }],
    ["a limit of 0", { limit: 0, window: "1s" }],
    ["a broken limit", { limit: 1.5, window: "1s" }],
    ["a limit whose arithmetic is not exact", { limit: 1e9, window: "1d" }],
    ["a window below a second", { limit: 1, window: "500ms" }],
    ["a window of broken seconds", { limit: 1, window: "1.5s" }],
    ["a window above a day", { limit: 1, window: "2d" }],
    ["an unknown key", { limit: 1, window: "1s", size: 2 }],
    ["more than five values", { limit: 1, window: "1s", by: Array(6).fill("address") }],
    ["nothing to count by", { limit: 1, window: "1s", by: [] }],
    ["braces", { limit: 1, window: "1s", by: ["{address}"] }],
    ["an unknown reference", { limit: 1, window: "1s", by: ["identity.name"] }],
    ["no header name", { limit: 1, window: "1s", by: ["headers."] }],
    ["an impossible header name", { limit: 1, window: "1s", by: ["headers.x y"] }],
    ["a name that would break the field", { limit: 1, window: "1s", name: 'a"b' }],
    ["an unknown failure mode", { limit: 1, window: "1s", onStoreFailure: "ignore" }],
    ["an unknown algorithm", { limit: 1, window: "1s", algorithm: "leakyBucket" }],
    ["a burst of a window", { limit: 1, window: "1s", burst: 2 }],
    ["a burst of no token", { limit: 1, window: "1s", algorithm: "tokenBucket", burst: 0 }],
    ["a bucket that takes months to fill", { limit: 1, window: "1d", algorithm: "tokenBucket", burst: 31 }],
    ["a cost of nothing", { limit: 1, window: "1s", cost: 0 }],
    ["a cost that could never be granted", { limit: 5, window: "1s", cost: 6 }],
    ["a cost above the burst", { limit: 5, window: "1s", algorithm: "tokenBucket", burst: 2, cost: 3 }],
    ["a cost by what is no number", { limit: 5, window: "1s", cost: "identity.id" }],
    ["a cost in braces", { limit: 5, window: "1s", cost: "{query.count}" }],
    ["a cost of failures", { limit: 5, window: "1s", on: "authFailure", cost: 2 }],
    ["failures that reach the origin", { limit: 5, window: "1s", on: "authFailure", count: "origin" }],
    ["a group's name that is no name", { limit: 5, window: "1s", group: "a b" }],
    ["an unknown mode", { limit: 5, window: "1s", mode: "off" }],
  ])("refuse %s", (_, written) => {
    expect(parse(written).success).toBe(false);
  });
});
