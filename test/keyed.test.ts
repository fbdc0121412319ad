import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Budget } from "../src/budget.ts";
import { NEGOTIATION } from "../src/cache/vary.ts";
import { type CacheCut, keyedContext, privateContext, systemContext, withBudget } from "../src/keyed.ts";
import type { Plan } from "../src/plan.ts";
import { GatewayRequest } from "../src/request-context.ts";
import { upstream } from "../src/upstream/declare.ts";
import { ADA, asAda, gatewayOf, NOW } from "./support/in-process.ts";

const plan = {
  deadline: 5_000,
  road: { upstream: [() => Promise.reject(new Error("a layer"))] },
} as unknown as Plan;
const deps = { now: () => NOW, random: (bytes: Uint8Array) => crypto.getRandomValues(bytes) };

/** A request that has been matched and authenticated. */
function arrived(init: RequestInit = {}, search = ""): GatewayRequest {
  const request = new Request(`https://api.example/x${search}`, init);
  const ctx = new GatewayRequest(request, { waitUntil() {} }, deps, plan);
  ctx.host = "api.example";
  ctx.path = "/x";
  ctx.search = search;
  ctx.identity = ADA;
  return ctx;
}

function cut(more: Partial<CacheCut> = {}): CacheCut {
  return { headers: [], identity: false, search: "", ...more };
}

/** What a client may send to have its own way: credentials, addresses, cookies, ids, anything. */
const NAMES = [
  ...[
    "cookie",
    "authorization",
    "x-api-key",
    "cf-connecting-ip",
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
  ],
  ...[
    "x-request-id",
    "tracestate",
    "traceparent",
    "x-identity-subject",
    "user-agent",
    "origin",
    "referer",
    "range",
  ],
  ...[
    "if-none-match",
    "cache-control",
    "accept-encoding",
    "x-forwarded-host",
    "upgrade",
    "x-tenant",
    "x-http-method",
  ],
];
const sent = fc.dictionary(
  fc.oneof(fc.constantFrom(...NAMES, ...NEGOTIATION), fc.stringMatching(/^x-[a-z]{1,8}$/)),
  fc.stringMatching(/^[!-~]{8,24}$/),
  { maxKeys: 12 },
);

describe("what crosses the cut of a cached route", () => {
  it("has no header but those of the key, of negotiation and of revalidation", () => {
    const key = fc.subarray(["x-tenant", "x-a", "user-agent"]);
    fc.assert(
      fc.property(sent, key, fc.boolean(), (headers, names, revalidates) => {
        const conditional = revalidates ? [["if-none-match", '"1"'] as const] : [];
        const keyed = keyedContext(arrived({ headers }), cut({ headers: names, conditional }), false, NOW);
        const allowed = [...NEGOTIATION, ...names, ...conditional.map(([name]) => name)];
        for (const [name, value] of keyed.headers) {
          expect(allowed).toContain(name);
          if (name !== "if-none-match") expect(value).toBe(headers[name]);
        }
        expect(keyed.scope().headers).toBe(keyed.headers);
      }),
    );
  });

  it("has no address, body, cookie, credential, identity or id that the caller has chosen", () => {
    fc.assert(
      fc.property(sent, (headers) => {
        const ctx = arrived({ method: "POST", headers, body: "body" });
        const keyed = keyedContext(ctx, cut(), false, NOW);
        expect(keyed).toMatchObject({
          exposure: "keyed",
          method: "GET",
          body: null,
          address: "",
          search: "",
        });
        expect(keyed.identity).toBeUndefined();
        expect(keyed.scope().identity).toBeUndefined();
        expect(keyed.id).toMatch(/^[0-9a-f]{32}$/);
        expect(keyed.scope().request.id).toBe(keyed.id);
        expect(keyed.trace.state).toBeUndefined();
      }),
    );
  });

  it("has the query as the key holds it, and the identity only if the key does", () => {
    const ctx = arrived({}, "?page=2&user=eve");
    const keyed = keyedContext(ctx, cut({ search: "?page=2", identity: true }), false, NOW);
    expect([...keyed.query]).toEqual([["page", "2"]]);
    expect([...keyed.scope().query]).toEqual([["page", "2"]]);
    expect(keyed.identity).toBe(ADA);
  });

  it("spends the request's own budget, but for what is done after the answer", () => {
    const ctx = arrived();
    expect(keyedContext(ctx, cut(), false, NOW).budget).toBe(ctx.budget);
    const { budget } = keyedContext(ctx, cut(), true, NOW + 60_000);
    expect(budget).not.toBe(ctx.budget);
    expect(budget.remaining(NOW + 60_000)).toBe(5_000);
  });

  it("is all that the origin learns, whatever the client sends", async () => {
    const api = upstream("api", { origin: "https://api.internal" });
    const { ask, sent: asked } = gatewayOf({
      "GET /x": {
        access: asAda,
        cache: { ttl: "1m", public: true, key: { query: [], headers: ["x-tenant"] } },
        forward: { upstream: api },
      },
    });
    const gatewaysOwn = ["forwarded", "traceparent", "x-forwarded-host", "x-forwarded-proto", "x-request-id"];
    let number = 0;
    await fc.assert(
      fc.asyncProperty(sent, async (headers) => {
        asked.length = 0;
        const { upgrade: _, ...plain } = headers;
        await ask(`/x?number=${number}`, { headers: { ...plain, "x-tenant": `t${number++}` } });
        const [only] = asked;
        expect(only!.url).toBe("https://api.internal/x");
        const values = Object.entries(plain).filter(
          ([name]) => ![...NEGOTIATION, "x-tenant", "traceparent"].includes(name),
        );
        for (const [name, value] of only!.headers) {
          expect([...NEGOTIATION, "x-tenant", ...gatewaysOwn]).toContain(name);
          for (const [, chosen] of values) if (gatewaysOwn.includes(name)) expect(value).not.toBe(chosen);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("the cut of a route that is not cached", () => {
  it("lets all of the request through", () => {
    const headers = { cookie: "a=1", "x-request-id": "request-1", "cf-connecting-ip": "192.0.2.7" };
    const ctx = arrived({ method: "POST", headers, body: "body" }, "?a=1");
    const open = privateContext(ctx);
    expect(open).toMatchObject({
      exposure: "private",
      id: "request-1",
      address: "192.0.2.7",
      method: "POST",
      search: "?a=1",
      identity: ADA,
      body: ctx.request.body,
      budget: ctx.budget,
    });
    expect(open.headers).toBe(ctx.request.headers);
    expect(open.scope().request).toEqual({ id: "request-1", method: "POST", path: "/x" });
  });

  it("has no body for GET and HEAD, which fetch would not send", () => {
    expect(privateContext(arrived()).body).toBeNull();
    expect(privateContext(arrived({ method: "HEAD" })).body).toBeNull();
  });
});

describe("a context with a budget of its own", () => {
  it("is the same in all else, on whichever side of the cut", () => {
    const ctx = arrived({ headers: { cookie: "a=1", accept: "*/*", tracestate: "a=1" } }, "?a=1");
    for (const whole of [keyedContext(ctx, cut({ search: "?a=1" }), false, NOW), privateContext(ctx)]) {
      const budget = new Budget(NOW + 100);
      const part = withBudget(whole, budget);
      expect(part).toEqual(Object.assign(withBudget(whole, whole.budget), { budget }));
      expect(withBudget(part, whole.budget)).toEqual(whole);
      expect(part.budget).toBe(budget);
      expect(part.headers).toBe(whole.headers);
    }
  });
});

describe("the cut for the gateway's own needs", () => {
  it("lets nothing of the caller or the route through", () => {
    const headers = {
      cookie: "a=1",
      authorization: "Bearer t",
      "x-request-id": "request-1",
      tracestate: "a=1",
    };
    const own = systemContext(arrived({ method: "POST", headers, body: "body" }, "?a=1"));
    expect(own).toMatchObject({ exposure: "keyed", method: "GET", search: "", body: null, address: "" });
    expect(own.identity).toBeUndefined();
    expect(Object.fromEntries(own.headers)).toEqual({ accept: "application/json" });
    expect(own.plan.road.upstream).toEqual([]);
    expect(own.id).not.toBe("request-1");
    expect(own.budget).toBeInstanceOf(Budget);
  });
});
