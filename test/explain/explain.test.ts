import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Field, Traced } from "../../src/explain/traced.ts";

// The whole Worker of the sample manifest: the tracing is loaded by it as it is when deployed.
const { default: worker } = exports as unknown as { default: Fetcher };
const BASE = "https://explain.example";
const SECRET = "the tests' own";

async function explain(method: string, target: string, headers: readonly Field[] = [], body?: string) {
  const answer = await worker.fetch(`${BASE}/_gateway/admin/explain`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
    body: JSON.stringify({ method, url: BASE + target, headers, ...(body !== undefined && { body }) }),
  });
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
  return answer.json<Traced>();
}

async function token(user: string): Promise<string> {
  const answer = await worker.fetch(`${BASE}/issuer/token?user=${user}`, { method: "POST" });
  return (await answer.json<{ access_token: string }>()).access_token;
}

/** From an address of its own, so that nobody else's requests are counted with it. */
const from = (address: string): Field => ["CF-Connecting-IP", address];
const decided = ({ events }: Traced) =>
  events.map(({ phase, name, outcome }) => `${phase} ${name} ${outcome}`);
const fields = (headers: readonly Field[]) => Object.fromEntries(headers);

describe("a traced request", () => {
  it("is for whoever has the secret", async () => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    expect((await worker.fetch(`${BASE}/_gateway/admin/explain`, init)).status).toBe(401);
    const wrong = { ...init, headers: { ...init.headers, authorization: "Bearer wrong" } };
    expect((await worker.fetch(`${BASE}/_gateway/admin/explain`, wrong)).status).toBe(401);
    const right = { headers: { authorization: `Bearer ${SECRET}` } };
    expect((await worker.fetch(`${BASE}/_gateway/admin/explain`, right)).status).toBe(404);
  });

  it("tells each phase in the order of the road, and what the origin was sent", async () => {
    const traced = await explain("GET", "/v1/products?category=pots&utm=x", [
      from("203.0.113.21"),
      ["Cookie", "a=1"],
    ]);
    expect(traced.route).toEqual({ id: "GET /v1/products" });
    expect(decided(traced).filter((text) => !text.startsWith("finalise"))).toEqual([
      "guard bodyLimit passes",
      "guard rateLimit passes",
      "replay cache passes",
      "action forward answers",
    ]);
    expect(traced.events.find(({ phase }) => phase === "replay")).toMatchObject({
      cache: "miss",
      key: `${BASE}/v1/products?category=pots`,
    });
    expect(traced.events.find(({ name }) => name === "rateLimit")?.limits).toMatchObject([
      { name: "300-per-1m", limit: 300, remaining: 299 },
    ]);
    expect(traced.calls).toMatchObject([
      {
        upstream: "catalog",
        method: "GET",
        url: "https://catalog.app/products?category=pots",
        status: 200,
        ms: expect.any(Number),
      },
    ]);
    expect(fields(traced.calls[0]!.headers)).not.toHaveProperty("cookie");
    expect(traced.answer.status).toBe(200);
  });

  it("counts, and is stored, like any other", async () => {
    const headers = { "cf-connecting-ip": "203.0.113.22" };
    await explain("GET", "/v1/products?category=cups", [from("203.0.113.22")]);
    const answer = await worker.fetch(`${BASE}/v1/products?category=cups`, { headers });
    expect(answer.headers.get("cache-status")).toMatch(/^isogate; hit/);
    expect(answer.headers.get("ratelimit")).toContain("r=298");
    const again = await explain("GET", "/v1/products?category=cups", [from("203.0.113.22")]);
    expect(again.events.find(({ phase }) => phase === "replay")).toMatchObject({
      outcome: "answers",
      cache: "hit",
    });
    expect(again.calls).toEqual([]);
  });

  it("is answered as it would be untraced", async () => {
    const volatile = /^(?:x-request-id|traceparent|ratelimit|age|cache-status)$/;
    const lasting = (list: readonly Field[]) => list.filter(([name]) => !volatile.test(name));
    for (const [method, path] of [
      ["GET", "/v1/products/assam"],
      ["HEAD", "/v1/products/assam/page"],
      ["GET", "/v1/items/7"],
      ["GET", "/v1/orders"],
      ["DELETE", "/v1/orders"],
      ["OPTIONS", "/v1/orders"],
      ["GET", "/v1/nothing"],
      ["GET", "/v1/products/a%00b"],
    ] as const) {
      const headers = { origin: "https://shop.example", "cf-connecting-ip": "203.0.113.23" };
      const answer = await worker.fetch(BASE + path, { method, headers, redirect: "manual" });
      const { answer: traced } = await explain(method, path, Object.entries(headers));
      expect([path, traced.status]).toEqual([path, answer.status]);
      expect([path, lasting(traced.headers)]).toEqual([path, lasting([...answer.headers])]);
    }
  });

  it("tells steps apart, and shows no credential", async () => {
    const bearer = await token("ada");
    const traced = await explain("GET", "/v1/storefront?access_token=hidden-value", [
      from("203.0.113.24"),
      ["Authorization", `Bearer ${bearer}`],
    ]);
    expect(traced.calls.filter(({ step }) => step).map(({ step, url }) => [step, url])).toEqual([
      ["user", "https://accounts.app/users/ada"],
      ["orders", "https://orders.app/customers/ada/orders?limit=3"],
      ["picks", "https://catalog.app/products?category=tea"],
    ]);
    expect(traced.events.find(({ phase }) => phase === "authenticate")?.identity).toEqual({
      id: "https://login.shop.example#ada",
      subject: "ada",
      scopes: ["shop:read", "shop:write"],
      key: expect.stringMatching(/^https:\/\/login\.shop\.example#[\da-f-]{36}$/),
    });
    const text = JSON.stringify(traced);
    expect(text).not.toContain(bearer);
    expect(text).not.toContain(bearer.split(".")[2]);
    expect(text).not.toContain("hidden-value");
    expect(text).not.toContain(SECRET);
  });

  it("tells operators why it is refused", async () => {
    const traced = await explain("GET", "/v1/admin/sales", [
      from("203.0.113.25"),
      ["Authorization", `Bearer ${await token("ada")}`],
    ]);
    const refusal = {
      code: "insufficient-rights",
      status: 403,
      cause: "the scope shop:admin is not granted",
    };
    expect(traced.events.find(({ outcome }) => outcome === "refuses")).toMatchObject({
      phase: "authenticate",
      refusal,
    });
    expect(traced.answer).toMatchObject({ status: 403, refusal });
    expect(traced.calls).toEqual([]);
  });

  it("has its URL judged as it came", async () => {
    const traced = await explain("GET", "/v1/products/../admin/sales", [from("203.0.113.26")]);
    expect(traced.answer).toMatchObject({ status: 400, refusal: { code: "malformed-path" } });
    expect(traced.route).toBeUndefined();
  });

  it("brings its body along", async () => {
    const traced = await explain(
      "POST",
      "/v1/orders",
      [
        from("203.0.113.27"),
        ["Authorization", `Bearer ${await token("ada")}`],
        ["Content-Type", "application/json"],
      ],
      JSON.stringify({ product: "cup", quantity: 1 }),
    );
    expect(traced.route).toEqual({
      id: "POST /v1/orders",
      variant: expect.stringContaining("application/json"),
    });
    expect(traced.calls.at(-1)).toMatchObject({ method: "POST", status: 201, body: "the request's own" });
    // What a hook does is seen: the origin's own path is another.
    expect(fields(traced.answer.headers).location).toMatch(/^\/v1\/orders\/\d+$/);
    expect(traced.events.find(({ name, phase }) => name === "hooks" && phase === "upstream")).toBeDefined();
  });

  it("is not sent where its description is none", async () => {
    const init = { authorization: `Bearer ${SECRET}`, "content-type": "application/json" };
    const answer = await worker.fetch(`${BASE}/_gateway/admin/explain`, {
      method: "POST",
      headers: init,
      body: JSON.stringify({ method: "GET", url: "/v1/products", headers: [] }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "malformed-body" });
  });
});
