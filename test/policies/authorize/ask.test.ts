import { describe, expect, it } from "vitest";
import type { CompiledAsk } from "../../../src/authorization/ask/schema.ts";
import type { Rule } from "../../../src/authorization/decide.ts";
import type { RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import type { Route } from "../../../src/manifest/define.ts";
import {
  type AskOptions,
  type AuthorizeRule,
  create,
  options,
} from "../../../src/policies/authorize/authorize.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { asAda, type Given, gatewayOf, NOW, type Sent } from "../../support/in-process.ts";

const origin = upstream("origin", { origin: "https://origin.example" });
const pdp = upstream("pdp", { origin: "https://pdp.example", timeout: "200ms" });
const ASK: AskOptions = {
  upstream: pdp,
  path: "/v1/data/orders/allow",
  input: {
    user: "identity.subject",
    method: "request.method",
    order: "request.params.id",
    team: "identity.claims.team",
  },
};

type Decide = (input: Readonly<Record<string, unknown>>, sent: Sent) => unknown;

/** A gateway before a service that decides. */
function asking(decide: Decide, ask: Partial<AskOptions> = {}, more: Partial<Route> = {}, given: Given = {}) {
  const rules: AuthorizeRule[] = [
    { deny: true, when: 'request.params.id == "7"' },
    { ask: { ...ASK, ...ask }, reason: "The order is somebody else's." },
  ];
  const route = { access: asAda, authorize: { rules }, forward: { upstream: origin }, ...more } as Route;
  const gateway = gatewayOf(
    { "ANY /orders/:id": route },
    {
      ...given,
      async origin(sent) {
        if (!sent.url.startsWith("https://pdp.example")) return new Response();
        const answer = await decide(JSON.parse(String(sent.body)).input, sent);
        return answer instanceof Response ? answer : Response.json(answer);
      },
    },
  );
  const to = (host: string) => gateway.sent.filter(({ url }) => new URL(url).host === host);
  return { ...gateway, asked: () => to("pdp.example"), passed: () => to("origin.example") };
}

async function problemOf(response: Response) {
  const { code, detail } = await response.json<{ code: string; detail?: string }>();
  return [response.status, code, detail];
}

describe("a service that decides", () => {
  it("is told what is declared and nothing else", async () => {
    const { ask, asked, passed, lines } = asking(() => ({ result: true }));
    const headers = {
      authorization: "Bearer x",
      cookie: "a=b",
      "cf-connecting-ip": "10.1.1.1",
      "x-any": "thing",
    };
    expect((await ask("/orders/1?secret=1", { method: "DELETE", headers })).status).toBe(200);
    const [sent] = asked();
    expect([sent?.method, sent?.url]).toEqual(["POST", "https://pdp.example/v1/data/orders/allow"]);
    // What is missing is not there.
    expect(JSON.parse(String(sent?.body))).toEqual({ input: { user: "ada", method: "DELETE", order: "1" } });
    expect(Object.fromEntries(sent?.headers ?? [])).toEqual({
      accept: "application/json",
      "content-type": "application/json",
    });
    expect(passed()).toHaveLength(1);
    expect(lines[0]?.authorization).toBe("rules.1: the service allows");
  });

  it("is asked by what the rules said before, without judging them again", async () => {
    let judged = 0;
    const rules = options().parse({ rules: [{ ask: ASK, when: 'request.params.id != "7"' }] });
    const send = async () => Response.json({ result: true });
    const [rule] = rules.rules as ReadonlyArray<Rule<CompiledAsk>>;
    const asked = [{ ...rule!, ask: { ...rule!.ask!, input: {}, upstream: { name: "pdp", send } } }];
    const policy = create({ ...rules, rules: asked } as never, { deps: { now: () => NOW } as Deps });
    const ctx = {
      method: "GET",
      record: {},
      systemContext: () => ({}),
      get params() {
        judged++;
        return { id: "1" };
      },
    } as unknown as RequestContext;
    expect(await policy.authorize?.(ctx)).toBeUndefined();
    expect(await policy.validate?.(ctx)).toBeUndefined();
    expect([judged, ctx.record.authorization]).toEqual([1, "rules.0: the service allows"]);
  });

  it("is not asked where a rule before it decides", async () => {
    const { ask, asked } = asking(() => ({ result: true }));
    expect((await ask("/orders/7")).status).toBe(403);
    expect(asked()).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["false", { result: false }, "rules.1: the service denies"],
    [
      "an object that does not allow",
      { result: { allow: false, reason: "not hers" } },
      "rules.1: the service denies, not hers",
    ],
    ["no result", {}, "rules.1: the service denies, it has no result"],
  ])("refuses with %s, and its reason is for the log", async (_, answer, says) => {
    const { ask, passed, lines } = asking(() => answer);
    expect(await problemOf(await ask("/orders/1"))).toEqual([
      403,
      "insufficient-rights",
      "The order is somebody else's.",
    ]);
    expect(passed()).toEqual([]);
    expect(lines[0]).toMatchObject({ authorization: says, cause: `authorize: ${says}` });
  });

  it.each<[string, Decide]>([
    ["another status", () => Response.json({ result: true }, { status: 500 })],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "/elsewhere" } })],
    ["no JSON", () => new Response("true")],
    [
      "JSON that is no object",
      () => new Response("true", { headers: { "content-type": "application/json" } }),
    ],
    ["null", () => ({ result: null })],
    ["a text for a result", () => ({ result: "true" })],
    ["a number for a result", () => ({ result: 1 })],
    ["a result that does not say", () => ({ result: { allowed: true } })],
    ["a text that says allow", () => ({ result: { allow: "true" } })],
    ["headers that are none", () => ({ result: { allow: true, headers: ["x-tenant"] } })],
    ["a header with a line break", () => ({ result: { allow: true, headers: { "x-tenant": "a\r\nb: c" } } })],
    ["a header that is no text", () => ({ result: { allow: true, headers: { "X-Tenant": 7 } } })],
    ["more than anybody would read", () => new Response(`{"result":true,"x":"${"x".repeat(64_000)}"}`)],
    ["a broken connection", () => Promise.reject(new TypeError("Network connection lost."))],
    ["silence", (_, { signal }) => silence(signal)],
    [
      "a body without an end",
      () => new Response(new ReadableStream({ start: (to) => to.enqueue(bytes("{")) })),
    ],
  ])("that answers with %s lets nobody pass", async (_, decide) => {
    const { ask, passed, lines } = asking(decide, { timeout: "50ms", toOrigin: ["x-tenant"] });
    expect(await problemOf(await ask("/orders/1"))).toEqual([503, "authorization-unavailable", undefined]);
    expect(passed()).toEqual([]);
    expect(lines[0]?.cause).toMatch(/^pdp does not decide: ./);
  });

  it("may tell the origin something: what is declared, in place of what the client says", async () => {
    const answer = {
      result: { allow: true, headers: { "X-Tenant": "tea", "x-other": "1", "x-identity-id": "root" } },
    };
    const { ask, passed } = asking(() => answer, { toOrigin: ["X-Tenant", "X-Quota"] });
    const spoofed = { "x-tenant": "coffee", X_TENANT: "milk", "x-quota": "1000000", "x-other": "mine" };
    await ask("/orders/1", { headers: spoofed });
    const { headers } = passed()[0]!;
    const told = ["x-tenant", "x_tenant", "x-quota", "x-other", "x-identity-subject"].map((name) =>
      headers.get(name),
    );
    expect(told).toEqual(["tea", null, null, "mine", "ada"]);
    expect(headers.get("x-identity-id")).toBe("https://login.example|ada");
  });

  it("is asked after rate limits", async () => {
    const { ask, asked } = asking(() => ({ result: true }), {}, {
      rateLimit: { limit: 2, window: "1m" },
    } as Partial<Route>);
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push((await ask("/orders/1")).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(asked()).toHaveLength(2);
  });

  it("is not asked of a request that says two things", async () => {
    const input = { as: "request.query.as" };
    const { ask, asked } = asking(() => ({ result: true }), { input });
    expect((await ask("/orders/1?as=ada&as=root")).status).toBe(403);
    expect(asked()).toEqual([]);
  });

  it("on trial refuses nobody, whatever it says or does", async () => {
    const rules: AuthorizeRule[] = [{ ask: ASK }];
    const more = { authorize: { rules, mode: "report" as const } };
    const { ask, lines } = asking(({ order }) => ({ result: order === "3" || {} }), {}, more);
    for (const order of ["1", "3"]) expect((await ask(`/orders/${order}`)).status).toBe(200);
    expect(lines.map(({ reported }) => reported)).toEqual([
      [{ policy: "authorize", code: "authorization-unavailable" }],
      undefined,
    ]);
  });
});

describe("a decision that is kept", () => {
  it("holds for the same question, for its time and no longer", async () => {
    let now = NOW;
    const decide: Decide = ({ order }) => ({ result: order === "1" });
    const { ask, asked } = asking(decide, { cache: { ttl: "30s" } }, {}, { now: () => now });
    const status = async (path: string, init?: RequestInit) => (await ask(path, init)).status;
    expect([await status("/orders/1"), await status("/orders/1")]).toEqual([200, 200]);
    expect(asked()).toHaveLength(1);
    expect([await status("/orders/2"), await status("/orders/2")]).toEqual([403, 403]);
    expect(asked()).toHaveLength(2);
    await status("/orders/1", { method: "POST" });
    expect(asked()).toHaveLength(3);
    now += 29_999;
    await status("/orders/1");
    expect(asked()).toHaveLength(3);
    now += 1;
    await status("/orders/1");
    expect(asked()).toHaveLength(4);
  });

  it("is told apart by what is declared, and by nothing that only reads alike", async () => {
    const cache = { ttl: "30s", by: ["user", "order"] };
    const { ask, asked } = asking(() => ({ result: true }), { cache });
    await ask("/orders/1");
    await ask("/orders/1", { method: "POST" });
    expect(asked()).toHaveLength(1);
    await ask("/orders/%22,%22x");
    await ask("/orders/%22%2c%22x%22");
    expect(asked()).toHaveLength(3);
  });

  it("brings along what the origin is told", async () => {
    const answer = { result: { allow: true, headers: { "x-tenant": "tea" } } };
    const { ask, asked, passed } = asking(() => answer, { cache: { ttl: "30s" }, toOrigin: ["x-tenant"] });
    for (let count = 0; count < 2; count++) await ask("/orders/1");
    expect(passed().map(({ headers }) => headers.get("x-tenant"))).toEqual(["tea", "tea"]);
    expect(asked()).toHaveLength(1);
  });

  it("is none where there was none: the next request asks again", async () => {
    let up = false;
    const { ask, asked } = asking(() => (up ? { result: true } : new Response(null, { status: 502 })), {
      cache: { ttl: "30s" },
    });
    expect((await ask("/orders/1")).status).toBe(503);
    up = true;
    expect((await ask("/orders/1")).status).toBe(200);
    expect(asked()).toHaveLength(2);
  });

  it("is bounded in number and size", async () => {
    const { ask, asked } = asking(() => ({ result: true }), { cache: { ttl: "30s" } });
    const long = `/orders/${"x".repeat(5_000)}`;
    await ask(long);
    await ask(long);
    expect(asked()).toHaveLength(2);
    await ask("/orders/first");
    for (let count = 0; count < 1_100; count++) await ask(`/orders/n${count}`);
    const before = asked().length;
    await ask("/orders/n1099");
    expect(asked()).toHaveLength(before);
    await ask("/orders/first");
    expect(asked()).toHaveLength(before + 1);
  });
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function silence(signal: Sent["signal"]): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
