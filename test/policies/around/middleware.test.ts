import { basicAuth } from "hono/basic-auth";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { getConnInfo } from "hono/cloudflare-workers";
import { except, some } from "hono/combine";
import { cors } from "hono/cors";
import { csrf } from "hono/csrf";
import { etag } from "hono/etag";
import { ipRestriction } from "hono/ip-restriction";
import { jwt } from "hono/jwt";
import { languageDetector } from "hono/language";
import { poweredBy } from "hono/powered-by";
import { prettyJSON } from "hono/pretty-json";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { timeout } from "hono/timeout";
import { timing } from "hono/timing";
import { appendTrailingSlash } from "hono/trailing-slash";
import { sign } from "hono/utils/jwt/jwt";
import { validator } from "hono/validator";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Route } from "../../../src/manifest/define.ts";
import { options, repeatable } from "../../../src/policies/around/middleware.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { asAda, type Given, gatewayOf } from "../../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });

function wrapped(middleware: Route["middleware"], given: Given = {}, more: Partial<Route> = {}) {
  const route = { access: "public", middleware, forward: { upstream: service }, ...more } as Route;
  return gatewayOf({ "GET /items/:id": route, "POST /items/:id": route }, given);
}

/** A body of unknown length. */
function streamOf(text: string): ReadableStream {
  return new Blob([text]).stream().pipeThrough(new IdentityTransformStream());
}

afterEach(() => void vi.useRealTimers());

describe("of Hono's own middleware", () => {
  it.each<[string, Route["middleware"], RequestInit]>([
    [
      "basic-auth",
      basicAuth({ username: "ada", password: "lovelace" }),
      { headers: { authorization: `Basic ${btoa("ada:lovelace")}` } },
    ],
    ["bearer-auth", bearerAuth({ token: "token" }), { headers: { authorization: "Bearer token" } }],
  ])("%s lets in who has the credential, and answers others before the route does", async (_, auth, init) => {
    const { ask, sent, lines } = wrapped(auth);
    const refused = await ask("/items/7");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).not.toBeNull();
    expect(sent).toEqual([]);
    expect(lines[0]).toMatchObject({ status: 401, notes: ["answered by middleware"] });
    expect((await ask("/items/7", init)).status).toBe(200);
    expect(sent).toHaveLength(1);
    expect(lines[1]).not.toHaveProperty("notes");
  });

  it("jwt lets in who has a token", async () => {
    const { ask, sent } = wrapped(jwt({ secret: "secret", alg: "HS256" }));
    expect((await ask("/items/7")).status).toBe(401);
    expect(sent).toEqual([]);
    const token = await sign({ sub: "ada" }, "secret", "HS256");
    expect((await ask("/items/7", { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });

  it("ip-restriction lets in whose address is allowed", async () => {
    const { ask, sent } = wrapped(ipRestriction(getConnInfo, { allowList: ["192.0.2.0/24"] }));
    for (const init of [{ headers: { "cf-connecting-ip": "198.51.100.1" } }, {}]) {
      expect((await ask("/items/7", init)).status).toBe(403);
    }
    expect(sent).toEqual([]);
    expect((await ask("/items/7", { headers: { "cf-connecting-ip": "192.0.2.7" } })).status).toBe(200);
  });

  it("csrf keeps other sites' forms out", async () => {
    const { ask, sent } = wrapped(csrf());
    const form = { method: "POST", body: new URLSearchParams({ a: "1" }) };
    const from = (origin: string) => ask("/items/7", { ...form, headers: { origin } });
    expect((await from("https://evil.example")).status).toBe(403);
    expect(sent).toEqual([]);
    expect((await from("https://api.example")).status).toBe(200);
    expect(await new Response(sent[0]?.body as ReadableStream).text()).toBe("a=1");
  });

  it("etag answers who has it already", async () => {
    const { ask } = wrapped(etag(), { origin: () => new Response("tea") });
    const first = await ask("/items/7");
    const tag = first.headers.get("etag");
    expect(tag).toMatch(/^"[0-9a-f]{40}"$/);
    expect(await first.text()).toBe("tea");
    const second = await ask("/items/7", { headers: { "if-none-match": `${tag}` } });
    expect([second.status, second.headers.get("etag"), await second.text()]).toEqual([304, tag, ""]);
  });

  it("pretty-json writes the answer anew", async () => {
    const { ask } = wrapped(prettyJSON(), { origin: () => Response.json({ a: 1 }) });
    expect(await (await ask("/items/7?pretty")).text()).toBe('{\n  "a": 1\n}');
    expect(await (await ask("/items/7")).text()).toBe('{"a":1}');
  });

  it("body-limit and validator read the body, and it goes on", async () => {
    const { ask, sent } = wrapped([
      bodyLimit({ maxSize: 10 }),
      validator("json", (value, c) => ("a" in value ? value : c.text("no `a`", 422))),
    ]);
    const post = (text: string) =>
      ask("/items/7", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: streamOf(text),
      });
    expect((await post('{"a":"too much"}')).status).toBe(413);
    expect((await post('{"b":1}')).status).toBe(422);
    expect(sent).toEqual([]);
    expect((await post('{"a": 1}')).status).toBe(200);
    expect(await new Response(sent[0]?.body as ReadableStream).text()).toBe('{"a": 1}');
  });

  it("timing, secure-headers, powered-by, request-id, language and cors add their fields", async () => {
    const several = [
      timing(),
      secureHeaders(),
      poweredBy({ serverName: "tea" }),
      requestId({ headerName: "x-own-id", generator: () => "own" }),
      languageDetector({ supportedLanguages: ["en", "de"], fallbackLanguage: "en" }),
      cors({ origin: "https://shop.example" }),
    ];
    const { ask } = wrapped(several, {
      origin: () => new Response("tea", { headers: { "set-cookie": "a=1", vary: "accept" } }),
    });
    const { headers } = await ask("/items/7?lang=de", { headers: { origin: "https://shop.example" } });
    expect(Object.fromEntries(headers)).toMatchObject({
      "server-timing": expect.stringMatching(/^total;dur=/),
      "x-frame-options": "SAMEORIGIN",
      "x-own-id": "own",
      "access-control-allow-origin": "https://shop.example",
      vary: "accept, Origin",
    });
    expect(headers.getSetCookie()).toEqual(["a=1", expect.stringMatching(/^language=de;/)]);
    // secure-headers takes away what powered-by, further in, has set.
    expect(headers.has("x-powered-by")).toBe(false);
  });

  it("combine's some and except decide on the path and on each other", async () => {
    const { ask } = wrapped(
      some(except("/items/7", bearerAuth({ token: "one" })), bearerAuth({ token: "two" })),
    );
    const as = (path: string, token: string) => ask(path, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask("/items/7")).status).toBe(200);
    expect((await as("/items/8", "one")).status).toBe(200);
    expect((await as("/items/8", "two")).status).toBe(200);
    expect((await as("/items/8", "three")).status).toBe(401);
  });

  it("trailing-slash redirects", async () => {
    const answer = await wrapped(appendTrailingSlash({ alwaysRedirect: true })).ask("/items/7?a=1");
    expect([answer.status, answer.headers.get("location")]).toEqual([
      301,
      "https://api.example/items/7/?a=1",
    ]);
  });

  it("timeout answers in the route's place", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { ask } = wrapped(timeout(200), { origin: () => new Promise(() => {}) });
    const answer = ask("/items/7");
    await vi.advanceTimersByTimeAsync(200);
    expect((await answer).status).toBe(504);
  });
});

describe("middleware", () => {
  /** Middleware that notes the status of what comes back. */
  function watching() {
    const seen: Array<number | string> = [];
    const middleware: Route["middleware"] = async (c, next) => {
      seen.push("before");
      await next();
      seen.push(c.res.status);
    };
    return { middleware, seen };
  }

  it("stand before limits and authentication, and see their refusals as answers", async () => {
    const { middleware, seen } = watching();
    const { ask, lines } = gatewayOf({
      "GET /x": {
        access: "public",
        rateLimit: { limit: 1, window: "1m" },
        middleware,
        respond: { text: "x" },
      },
    });
    expect((await ask("/x")).status).toBe(200);
    const limited = await ask("/x");
    expect(await limited.json()).toMatchObject({ status: 429, code: "rate-limited" });
    expect(seen).toEqual(["before", 200, "before", 429]);
    expect(lines[1]).toMatchObject({ status: 429, code: "rate-limited" });
  });

  it("see what the error hook makes of a refusal, and answers of failed upstreams", async () => {
    const { middleware, seen } = watching();
    const { ask } = wrapped(
      middleware,
      { origin: () => Promise.reject(new Error("refused")) },
      { hooks: { error: ({ code }) => new Response(`sorry: ${code}`, { status: 599 }) } },
    );
    expect(await (await ask("/items/7")).text()).toBe("sorry: upstream-unreachable");
    expect(seen).toEqual(["before", 599]);
  });

  it("run on cache hits too, and none of their doing is stored", async () => {
    let run = 0;
    const { ask, sent } = gatewayOf(
      {
        "GET /x": {
          access: asAda,
          cache: { ttl: "1m", public: true },
          middleware: async (c, next) => {
            await next();
            c.header("x-run", `${++run}`);
          },
          forward: { upstream: service },
        },
      },
      { origin: () => new Response("shared") },
    );
    for (const time of ["1", "2"]) {
      const answer = await ask("/x");
      expect([answer.headers.get("x-run"), await answer.text()]).toEqual([time, "shared"]);
    }
    expect(sent).toHaveLength(1);
  });

  it("do not decide what others are given", async () => {
    const seen: unknown[] = [];
    const { ask } = gatewayOf(
      {
        "GET /x": {
          access: "public",
          cache: { ttl: "1m" },
          middleware: async (c, next) => {
            const headers = new Headers({ cookie: "a=1", "x-tenant": "t", accept: "text/plain" });
            c.req.raw = new Request(c.req.raw, { headers });
            await next();
          },
          forward: { upstream: service },
        },
      },
      {
        origin({ headers }) {
          seen.push(["cookie", "x-tenant", "accept"].map((name) => headers.get(name)));
          return new Response("shared");
        },
      },
    );
    await ask("/x");
    expect(seen).toEqual([[null, null, "text/plain"]]);
  });

  it("are followed by CORS, security headers and the request id, whoever answers", async () => {
    const { ask } = wrapped(
      (c) => Promise.resolve(c.text("stopped", 403)),
      {},
      { cors: { origins: ["https://shop.example"] }, securityHeaders: true },
    );
    const answer = await ask("/items/7", { headers: { origin: "https://shop.example" } });
    expect(answer.status).toBe(403);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": "https://shop.example",
      "x-content-type-options": "nosniff",
      "x-request-id": expect.any(String),
    });
  });

  it("have no part in what no route answers, nor in preflights", async () => {
    const { middleware, seen } = watching();
    const { ask } = wrapped(middleware, {}, { cors: { origins: ["https://shop.example"] } });
    const preflight = { origin: "https://shop.example", "access-control-request-method": "GET" };
    expect((await ask("/nowhere")).status).toBe(404);
    expect((await ask("/items/7", { method: "DELETE" })).status).toBe(405);
    expect((await ask("/items/7", { method: "OPTIONS", headers: preflight })).status).toBe(204);
    expect(seen).toEqual([]);
  });

  it("run for what other routes dispatch", async () => {
    const { ask, lines } = gatewayOf({
      "GET /outer": { access: "public", handler: (ctx) => ctx.dispatch("/inner") },
      "GET /inner": {
        access: "public",
        middleware: bearerAuth({ token: "token" }),
        respond: { text: "inner" },
      },
    });
    expect((await ask("/outer")).status).toBe(401);
    expect(lines[0]).toMatchObject({ children: [{ status: 401, notes: ["answered by middleware"] }] });
    const headers = { authorization: "Bearer token" };
    expect(await (await ask("/outer", { headers })).text()).toBe("inner");
  });
});

describe("options", () => {
  it("are a middleware, of which a route may have several", () => {
    const handler = async () => {};
    expect(options().parse(handler)).toBe(handler);
    expect(repeatable).toBe(true);
    for (const wrong of ["f", {}, null, [handler]]) expect(options().safeParse(wrong).success).toBe(false);
  });
});
