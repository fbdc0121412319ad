import { describe, expect, it } from "vitest";
import type { RequestContext } from "../../../src/context.ts";
import { Refusal } from "../../../src/errors/refusal.ts";
import type { Policy } from "../../../src/policies/policy.ts";
import { allowed, answer, ask, failing, limiter, request } from "./limited.ts";

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

  it("spreads when clients come back, and never calls them early", async () => {
    const told = async (byte: number) => {
      const random = (bytes: Uint8Array) => bytes.fill(byte);
      const { policy } = limiter({ limit: 1, window: "1m" }, { random });
      await answer(policy);
      const { headers } = await answer(policy);
      return [headers.get("Retry-After"), headers.get("RateLimit")];
    };
    const exact = '"1-per-1m";r=0;t=61';
    expect(await told(0)).toEqual(["61", exact]);
    expect(await told(128)).toEqual(["64", exact]);
    expect(await told(255)).toEqual(["67", exact]);
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
});
