import type { HonoRequest } from "hono";
import { HTTPException } from "hono/http-exception";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Route } from "../../src/manifest/define.ts";
import { upstream } from "../../src/upstream/declare.ts";
import { type Given, gatewayOf } from "../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });

function wrapped(middleware: Route["middleware"], given: Given = {}, more: Partial<Route> = {}) {
  const route = { access: "public", middleware, forward: { upstream: service }, ...more } as Route;
  return gatewayOf(
    { "ANY /items/:id": route },
    { origin: () => new Response("from the origin"), env: { SECRET: "hunter2" }, ...given },
  );
}

afterEach(() => void vi.useRealTimers());

describe("a middleware's context", () => {
  it("has the request, but neither the environment nor the platform", async () => {
    let context: Record<string, unknown> = {};
    const { ask } = wrapped(async (c, next) => {
      context = {
        env: { ...c.env },
        execution: [...Object.keys(c.executionCtx), "exports" in c.executionCtx],
        method: c.req.method,
        path: c.req.path,
        query: c.req.query("q"),
        header: c.req.header("x-a"),
      };
      await next();
    });
    await ask("/items/%7ecaf%c3%a9?q=1", { headers: { "x-a": "1" } });
    expect(context).toEqual({
      env: {},
      execution: ["props", false],
      method: "GET",
      path: "/items/~caf%C3%A9",
      query: "1",
      header: "1",
    });
  });

  it("is one for all middleware of a route, and another for every request", async () => {
    const seen: unknown[] = [];
    const { ask } = wrapped([
      async (c, next) => {
        seen.push(c.get("who"), c.env.who);
        c.set("who", "ada");
        c.env.who = "ada";
        await next();
        seen.push(c.get("found"));
      },
      async (c, next) => {
        c.set("found", c.var.who);
        await next();
      },
    ]);
    await ask("/items/7");
    await ask("/items/7");
    expect(seen).toEqual([undefined, undefined, "ada", undefined, undefined, "ada"]);
  });

  it("lets work go on after the answer", async () => {
    const done: string[] = [];
    const { ask } = wrapped(async (c, next) => {
      c.executionCtx.waitUntil(Promise.resolve().then(() => done.push("done")));
      c.executionCtx.passThroughOnException();
      await next();
    });
    await ask("/items/7");
    expect(done).toEqual(["done"]);
  });
});

describe("the answer", () => {
  it("has what was set before and after it was there", async () => {
    const { ask } = wrapped(
      async (c, next) => {
        c.header("x-before", "1");
        c.header("x-own", "the middleware's");
        c.header("content-type", "text/html");
        c.header("set-cookie", "b=2", { append: true });
        await next();
        c.header("x-after", "1");
        c.res.headers.append("x-after", "2");
      },
      {
        origin: () =>
          new Response("tea", { status: 203, headers: { "x-own": "the origin's", "set-cookie": "a=1" } }),
      },
    );
    const answer = await ask("/items/7");
    expect([answer.status, await answer.text()]).toEqual([203, "tea"]);
    expect(answer.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-before": "1",
      "x-own": "the middleware's",
      "x-after": "1, 2",
    });
  });

  it("may be replaced, even by one that cannot be changed", async () => {
    const { ask } = wrapped(async (c, next) => {
      await next();
      c.res = undefined;
      c.res = Response.redirect(`https://elsewhere.example/${c.req.path.length}`, 302);
    });
    const answer = await ask("/items/7");
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "https://elsewhere.example/8"]);
    expect(answer.headers.has("x-request-id")).toBe(true);
  });

  it("of HEAD is as of GET, without a body", async () => {
    const { ask } = wrapped(async (c, next) => {
      await next();
      c.header("x-method", c.req.method);
    });
    const answer = await ask("/items/7", { method: "HEAD" });
    expect([answer.status, answer.headers.get("x-method"), await answer.text()]).toEqual([200, "HEAD", ""]);
  });

  it("may be a WebSocket, on its way through", async () => {
    const [client] = Object.values(new WebSocketPair());
    const { ask } = wrapped(
      [
        (_, next) => next(),
        async (c, next) => {
          c.header("x-before", "1");
          await next();
          c.header("x-after", "1");
        },
      ],
      { origin: () => new Response(null, { status: 101, webSocket: client! }) },
      { websocket: true },
    );
    const answer = await ask("/items/7", { headers: { upgrade: "websocket" } });
    expect([answer.status, answer.webSocket]).toEqual([101, client]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ "x-before": "1", "x-after": "1" });
  });
});

describe("the request", () => {
  it("goes on with the headers and the body that it was given", async () => {
    const { ask, sent } = wrapped(async (c, next) => {
      const headers = new Headers(c.req.raw.headers);
      headers.set("x-tenant", "t");
      headers.delete("x-a");
      c.req.raw = new Request(c.req.raw, { headers, body: "another" });
      await next();
    });
    await ask("/items/7?a=1", { method: "POST", headers: { "x-a": "1" }, body: "one" });
    expect(sent[0]).toMatchObject({ url: "https://service.example/items/7?a=1", method: "POST" });
    expect([sent[0]?.headers.get("x-tenant"), sent[0]?.headers.get("x-a")]).toEqual(["t", null]);
    expect(await new Response(sent[0]?.body as ReadableStream).text()).toBe("another");
  });

  it("may be put together anew, however its URL is spelt", async () => {
    const { ask, sent } = wrapped(async (c, next) => {
      c.req.raw = new Request(new URL(c.req.url), c.req.raw);
      await next();
    });
    expect((await ask("/items/%7e?a=%22")).status).toBe(200);
    expect(sent[0]?.url).toBe("https://service.example/items/~?a=%22");
  });

  it.each<[string, (req: HonoRequest) => Promise<unknown>]>([
    ["text()", (req) => req.text()],
    ["json()", (req) => req.json()],
    ["arrayBuffer()", (req) => req.arrayBuffer()],
    // Which leaves alone what is no form.
    ["parseBody()", (req) => req.parseBody()],
  ])("goes on with the body that was read by c.req.%s", async (_, read) => {
    const { ask, sent } = wrapped(async (c, next) => {
      await read(c.req);
      await next();
    });
    const headers = { "content-type": "application/json" };
    expect((await ask("/items/7", { method: "POST", headers, body: '{"a": 1}' })).status).toBe(200);
    expect(await new Response(sent[0]?.body as ReadableStream).text()).toBe('{"a": 1}');
  });

  it("goes on with a form that was read", async () => {
    const { ask, sent } = wrapped(async (c, next) => {
      await c.req.parseBody();
      await next();
    });
    const form = new FormData();
    form.set("a", "tea");
    expect((await ask("/items/7", { method: "POST", body: form })).status).toBe(200);
    const { body, headers } = sent[0]!;
    const received = new Response(body as ReadableStream, { headers });
    expect((await received.formData()).get("a")).toBe("tea");
  });

  it.each<[string, Route["middleware"]]>([
    [
      "another method",
      async (c, next) => {
        c.req.raw = new Request(c.req.raw, { method: "DELETE" });
        await next();
      },
    ],
    [
      "another URL",
      async (c, next) => {
        c.req.raw = new Request("https://api.example/admin", c.req.raw);
        await next();
      },
    ],
    [
      "a body that was read past Hono",
      async (c, next) => {
        await c.req.raw.text();
        await next();
      },
    ],
  ])("does not go on with %s", async (_, middleware) => {
    const { ask, sent, lines } = wrapped(middleware);
    const answer = await ask("/items/7", { method: "POST", body: "x" });
    expect(await answer.json()).toMatchObject({ status: 500, code: "internal-error" });
    expect(lines[0]?.cause).toMatch(/^Error: a middleware /);
    expect(sent).toEqual([]);
  });
});

describe("a middleware that fails", () => {
  it.each<[string, Route["middleware"], string]>([
    [
      "throws",
      () => {
        throw new Error("the secret reason");
      },
      "the secret reason",
    ],
    ["throws anything", () => Promise.reject("the secret reason"), "the secret reason"],
    [
      "throws when it has the answer",
      async (_, next) => {
        await next();
        throw new Error("the secret reason");
      },
      "the secret reason",
    ],
    ["neither answers nor goes on", async () => {}, "Context is not finalized"],
    [
      "goes on twice",
      async (_, next) => {
        await next();
        await next();
      },
      "next() called multiple times",
    ],
    ["gives nonsense", (() => "no") as unknown as Route["middleware"], "[object String] is no Response"],
    [
      "has read the answer",
      async (c, next) => {
        await next();
        await c.res.text();
      },
      "the body of the Response has been read",
    ],
    [
      "accepts a WebSocket that nobody asked for",
      async () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }),
      "cannot have the status 101",
    ],
  ])("because it %s is a bug, of which the client learns nothing", async (_, middleware, cause) => {
    const { ask, lines } = wrapped(middleware);
    const answer = await ask("/items/7");
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ code: "internal-error" });
    expect(text).not.toContain("secret");
    expect(lines[0]).toMatchObject({ code: "internal-error", cause: expect.stringContaining(cause) });
  });

  it("with an HTTPException answers with it, and those further out see that", async () => {
    const seen: unknown[] = [];
    const { ask, lines } = wrapped([
      async (c, next) => {
        await next();
        seen.push(c.res.status, c.error?.message);
        c.header("x-outer", "1");
      },
      () => {
        throw new HTTPException(402, { message: "pay first" });
      },
    ]);
    const answer = await ask("/items/7");
    expect([answer.status, await answer.text()]).toEqual([402, "pay first"]);
    expect(answer.headers.get("x-outer")).toBe("1");
    expect(seen).toEqual([402, "pay first"]);
    expect(lines[0]).not.toHaveProperty("code");
  });

  it.each<[string, Route["middleware"]]>([
    ["before", () => new Promise(() => {})],
    ["after", (_, next) => next().then(() => new Promise(() => {}))],
  ])("by hanging %s the answer ends with the deadline", async (_, middleware) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { ask } = wrapped(middleware);
    const answer = ask("/items/7");
    await vi.advanceTimersByTimeAsync(10_020);
    expect(await (await answer).json()).toMatchObject({ status: 504, code: "deadline-exceeded" });
  });
});
