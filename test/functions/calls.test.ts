import { afterEach, describe, expect, it, vi } from "vitest";
import type { HandlerFunction } from "../../src/actions/handler/handler.ts";
import type { Route } from "../../src/manifest/define.ts";
import { upstream } from "../../src/upstream/declare.ts";
import { asAda, type Given, gatewayOf } from "../support/in-process.ts";

const api = upstream("api", { origin: "https://api.internal/base" });
/** A route that names the upstream, so that the gateway knows it. */
const naming: Route = { access: "public", forward: { upstream: api } };

function handled(handler: HandlerFunction, given: Given = {}, more: Readonly<Record<string, Route>> = {}) {
  return gatewayOf({ "GET /fn/:id": { access: asAda, handler }, "GET /named": naming, ...more }, given);
}

afterEach(() => void vi.useRealTimers());

describe("fetch, as a function sees it,", () => {
  it("calls a declared upstream below its base path", async () => {
    const { ask, sent } = handled((ctx) => ctx.fetch(api, `/things/${ctx.params.id}?a=1`));
    await ask("/fn/7");
    expect(sent[0]).toMatchObject({
      url: "https://api.internal/base/things/7?a=1",
      method: "GET",
      body: null,
    });
  });

  it("tells the origin who calls and which request it is, and nothing else of the caller's", async () => {
    const { ask, sent } = handled((ctx) => ctx.fetch(api, "/"));
    await ask("/fn/7", {
      headers: {
        cookie: "a=1",
        authorization: "Bearer t",
        "x-tenant": "t",
        accept: "text/html",
        "x-request-id": "request-1",
      },
    });
    const headers = Object.fromEntries(sent[0]!.headers);
    expect(headers).toMatchObject({
      accept: "application/json",
      "x-identity-subject": "ada",
      "x-request-id": "request-1",
      traceparent: expect.any(String),
    });
    for (const name of ["cookie", "authorization", "x-tenant"]) expect(headers).not.toHaveProperty(name);
  });

  it("sends what it is given", async () => {
    const { ask, sent } = handled(async (ctx) => {
      await ctx.fetch(api, "/", { body: "tea", headers: { "content-type": "text/plain", accept: "*/*" } });
      return ctx.fetch(api, "/", { method: "DELETE" });
    });
    await ask("/fn/7");
    expect(sent.map(({ method, body }) => [method, body])).toEqual([
      ["POST", "tea"],
      ["DELETE", null],
    ]);
    expect(Object.fromEntries(sent[0]!.headers)).toMatchObject({
      "content-type": "text/plain",
      accept: "*/*",
    });
    expect(sent[1]!.headers.get("accept")).toBe("application/json");
  });

  it("ends with the request's deadline", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silence: Given["origin"] = ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const { ask } = handled((ctx) => ctx.fetch(api, "/"), { origin: silence });
    const answer = ask("/fn/7");
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await answer).status).toBe(504);
  });

  it("is in the log", async () => {
    const { ask, lines } = handled((ctx) => ctx.fetch(api, "/"), {
      origin: () => new Response(null, { status: 418 }),
    });
    await ask("/fn/7");
    expect(lines[0]).toMatchObject({ upstreams: [{ upstream: "api", status: 418 }] });
  });

  it("knows no upstream that the manifest does not", async () => {
    const secret = upstream("secret", { origin: "https://secret.internal" });
    const { ask, sent, lines } = handled((ctx) => ctx.fetch(secret, "/"));
    const answer = await ask("/fn/7");
    expect(await answer.json()).toMatchObject({ status: 500, code: "configuration-missing" });
    expect(lines[0]).toMatchObject({ cause: expect.stringContaining('"secret"') });
    expect(sent).toEqual([]);
  });

  it.each(["@evil.example/", ".evil.example/", ":8443/", "evil"])(
    "never leaves its origin, though its path be %j of the caller's writing",
    async (path) => {
      const { ask, sent } = handled(
        (ctx) => ctx.fetch(api, ctx.query.get("path") ?? "/"),
        {},
        {
          "GET /bare": {
            access: "public",
            forward: { upstream: upstream("bare", { origin: "https://bare.internal" }) },
          },
        },
      );
      const answer = await ask(`/fn/7?path=${encodeURIComponent(path)}`);
      expect(sent).toEqual([]);
      expect(answer.status).toBeGreaterThanOrEqual(400);
    },
  );
});

describe("a query that a function puts together", () => {
  it.each(["#&role=none", "\n", "\x01"])(
    "does not lose what follows %j of the caller's writing",
    async (text) => {
      const calls: HandlerFunction[] = [
        (ctx) => ctx.fetch(api, `/find?q=${ctx.query.get("q")}&role=guest`),
        (ctx) => ctx.dispatch(`/named?q=${ctx.query.get("q")}&role=guest`),
      ];
      for (const call of calls) {
        const { ask, sent } = handled(call);
        const answer = await ask(`/fn/7?q=a${encodeURIComponent(text)}`);
        expect(await answer.json()).toMatchObject({ code: "unusable-value" });
        expect(sent).toEqual([]);
      }
    },
  );

  it("may hold what a URL encodes by itself", async () => {
    const { ask, sent } = handled((ctx) => ctx.fetch(api, "/find?q=a b&r=ü"));
    await ask("/fn/7");
    expect(sent[0]?.url).toBe("https://api.internal/base/find?q=a b&r=ü");
  });
});

describe("dispatch, as a function sees it,", () => {
  it("calls another route as the same caller", async () => {
    const { ask, lines } = handled(
      (ctx) => ctx.dispatch(`/other/${ctx.params.id}?a=1`),
      {},
      {
        "GET /other/:id": {
          access: asAda,
          handler: ({ params, query, identity, requestId }) => ({
            ...params,
            a: query.get("a"),
            by: identity?.subject,
            requestId,
          }),
        },
      },
    );
    const answer = await ask("/fn/7", { headers: { "x-request-id": "request-1" } });
    expect(await answer.json()).toEqual({ id: "7", a: "1", by: "ada", requestId: "request-1" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      route: "GET /fn/:id",
      children: [{ route: "GET /other/:id", status: 200 }],
    });
  });

  it("carries the caller's credential, which is judged again, and no other header", async () => {
    const seen: Array<Record<string, string>> = [];
    const { ask } = handled(
      (ctx) => ctx.dispatch("/other"),
      {},
      {
        "GET /other": {
          access: "public",
          handler: ({ headers }) => {
            seen.push(Object.fromEntries(headers));
            return {};
          },
        },
      },
    );
    await ask("/fn/7", { headers: { authorization: "Bearer t", cookie: "a=1" } });
    expect(seen[0]).toMatchObject({ authorization: "Bearer t" });
    expect(seen[0]).not.toHaveProperty("cookie");
  });

  it("is refused like any other request", async () => {
    const { ask } = handled(async (ctx) => {
      const missing = await ctx.dispatch("/nowhere");
      const wrong = await ctx.dispatch("/named", { method: "DELETE" });
      return { missing: missing.status, wrong: wrong.status };
    });
    expect(await (await ask("/fn/7")).json()).toEqual({ missing: 404, wrong: 405 });
  });

  it("does not go round for ever", async () => {
    const { ask } = handled((ctx) => ctx.dispatch("/fn/7"));
    const answer = await ask("/fn/7");
    expect(await answer.json()).toMatchObject({ status: 508, code: "loop-detected" });
  });

  it("shares the request's six slots", async () => {
    let most = 0;
    let now = 0;
    const origin: Given["origin"] = async () => {
      most = Math.max(most, ++now);
      // Long enough for every other call to begin that may.
      for (let turn = 0; turn < 200; turn++) await null;
      now--;
      return new Response();
    };
    const many = Array.from({ length: 10 });
    const { ask } = handled(
      async (ctx) => {
        await Promise.all(many.flatMap(() => [ctx.fetch(api, "/"), ctx.dispatch("/named")]));
        return {};
      },
      { origin },
    );
    expect((await ask("/fn/7")).status).toBe(200);
    expect(most).toBe(6);
  });
});
