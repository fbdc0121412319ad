import { describe, expect, it } from "vitest";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("functions.ts", (origin) => ({ ORIGIN: origin.url, RAW_ORIGIN: origin.rawUrl }));

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const fields = (headers: Echo["headers"]) =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));

describe("a fixed answer", () => {
  it("is what is declared", async () => {
    const json = await get("/json");
    expect([json.status, json.header("content-type"), json.json()]).toEqual([
      200,
      "application/json",
      { list: [1, null], text: "é" },
    ]);
    const text = await get("/text");
    expect([text.status, text.header("content-type"), text.text, text.header("x-own")]).toEqual([
      418,
      "text/plain; charset=utf-8",
      "short and stout",
      "1",
    ]);
    expect((await get("/xml")).header("content-type")).toBe("application/xml");
    const nothing = await get("/nothing", { method: "DELETE" });
    expect([nothing.status, nothing.text]).toEqual([204, ""]);
    expect((await get("/json", { method: "HEAD" })).text).toBe("");
  });
});

describe("a redirect", () => {
  it("leads where it is declared to, whatever the caller writes", async () => {
    const old = await get("/old/a/b%20c?x=1&y=%26");
    expect([old.status, old.header("location"), old.text]).toEqual([308, "/new/a/b%20c?x=1&y=%26", ""]);
    const find = await get("/find/a%20b%3F?q=x%26y%0D%0Aset-cookie:%20a=1");
    expect([find.status, find.header("location"), find.all("set-cookie")]).toEqual([
      302,
      "https://shop.example/find/a%20b%3F?q=x%26y%0D%0Aset-cookie%3A%20a%3D1",
      [],
    ]);
    for (const path of ["/old//evil.example", "/old/%2F%2Fevil.example", "/old/..%2f", "/find/..?q="]) {
      expect([path, (await get(path)).status]).toEqual([path, 400]);
    }
  });
});

describe("variants of a route", () => {
  it.each([
    [{}, "", "none"],
    [{ "x-version": "2" }, "", "header"],
    [{ "x-version": "3" }, "", "none"],
    [{ "x-beta": "" }, "", "header present"],
    [{}, "?q=&sort=up", "query"],
    [{}, "?q=&sort=down", "none"],
    [{ cookie: "a=1; group=b" }, "", "cookie"],
    [{ cookie: "group=bb" }, "", "none"],
    [{ "x-version": "2", cookie: "group=b" }, "?q=&sort=up", "header"],
  ])("are tried in order: %j %s is %s", async (headers, query, variant) => {
    expect((await get(`/variants${query}`, { headers })).json()).toBe(variant);
  });

  it("may look at the type of the body, and leave a request without a route", async () => {
    const post = (type: string) =>
      get("/variants", { method: "POST", body: "x", headers: { "content-type": type } });
    expect((await post("application/json; charset=utf-8")).json()).toBe("json");
    expect((await post("image/png")).json()).toBe("image");
    expect((await post("text/plain")).status).toBe(404);
  });

  it("fall through to a less specific path", async () => {
    expect((await get("/layered/1?deep")).json()).toBe("deep");
    expect((await get("/layered/1")).json()).toBe("shallow");
  });
});

describe("a handler", () => {
  it("sees the request and answers with JSON", async () => {
    const headers = { "x-own": "mine", "x-request-id": "handled-1" };
    const answer = await get("/handled/a%20b?q=1", { method: "POST", body: "body", headers });
    expect(answer.json()).toEqual({
      method: "POST",
      path: "/handled/a%20b",
      params: { id: "a b" },
      query: { q: "1" },
      own: "mine",
      requestId: "handled-1",
      body: "body",
    });
    expect(answer.header("x-frame-options")).toBe("DENY");
    expect(await served.gateway.line("handled-1")).toMatchObject({ notes: ["handled a b"] });
  });

  it("reads a body once however often it asks, and is spared what is no JSON or no UTF-8", async () => {
    const post = (body: string | Buffer) => get("/parsed", { method: "POST", body });
    expect((await post('{"a":1}')).json()).toEqual({ parsed: { a: 1 }, again: '{"a":1}' });
    expect((await post("{a:1}")).json()).toMatchObject({ status: 400, code: "malformed-body" });
    expect((await post(Buffer.from([0x22, 0xff, 0x22]))).json()).toMatchObject({
      status: 400,
      code: "malformed-body",
    });
    expect((await post("")).status).toBe(400);
  });

  it("may answer with a Response, even one that cannot be changed", async () => {
    const made = await get("/made");
    expect([made.status, made.text, made.header("x-made"), made.header("x-frame-options")]).toEqual([
      203,
      "made",
      "1",
      "DENY",
    ]);
    const frozen = await get("/frozen");
    expect([frozen.status, frozen.header("location")]).toEqual([303, "https://shop.example/"]);
    expect(frozen.header("x-request-id")).toBeDefined();
  });

  it("calls declared upstreams and routes with the request's id, trace and deadline", async () => {
    const answer = await get("/calls", { headers: { cookie: "a=1" } });
    const { status, seen } = answer.json<{ status: number; seen: Echo }>();
    expect([status, seen.method, seen.url, seen.body]).toEqual([200, "PUT", "/called?x=1", "sent"]);
    const sent = fields(seen.headers);
    expect([sent["x-own"], sent["x-request-id"], sent.cookie]).toEqual([
      "1",
      answer.header("x-request-id"),
      undefined,
    ]);
    expect((await get("/passes")).json<Echo>().url).toBe("/passed");
    const dispatched = await get("/dispatches");
    expect(dispatched.json()).toEqual({ list: [1, null], text: "é" });
    const line = await served.gateway.line(dispatched.header("x-request-id"));
    expect(line.children).toMatchObject([{ route: "GET /json", status: 200 }]);
    expect((await get("/undeclared")).json()).toMatchObject({ status: 500, code: "configuration-missing" });
  });

  it("that throws is a 500 of which the client learns nothing", async () => {
    const answer = await get("/throws");
    expect([answer.status, answer.json().code]).toEqual([500, "internal-error"]);
    expect(answer.text).not.toContain("secret");
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line.cause).toContain("the secret reason");
    // The place in the code, for whoever is woken.
    expect(line.cause).toMatch(/\n\s+at /);
  });

  it("has no more time than the request", async () => {
    await served.origin.raw("/hang", { send: "", end: "hang" });
    for (const [path, code] of [
      // On a machine under load the two may fall into one turn of the event loop.
      ["/hangs", /^(?:upstream-timeout|deadline-exceeded)$/],
      ["/sleeps", /^deadline-exceeded$/],
    ] as const) {
      const started = performance.now();
      const answer = await get(path);
      expect([path, answer.status, answer.json().code]).toEqual([path, 504, expect.stringMatching(code)]);
      expect(performance.now() - started).toBeLessThan(1_500);
    }
  });
});

describe("a hook", () => {
  it("may answer before the origin is asked", async () => {
    const before = (await served.origin.requests("/hook/answers")).length;
    const stopped = await get("/hook/answers?stop");
    expect([stopped.status, stopped.text, stopped.header("x-frame-options")]).toEqual([
      403,
      "stopped",
      "DENY",
    ]);
    expect(await served.origin.requests("/hook/answers")).toHaveLength(before);
    expect((await get("/hook/answers")).status).toBe(200);
  });

  it("may change what the origin is asked, and what it answers", async () => {
    const answer = await get("/hook/upstream?own=1");
    expect([answer.status, answer.json()]).toEqual([202, { was: "/elsewhere?hooked" }]);
    const [seen] = await served.origin.requests("/elsewhere");
    expect(fields(seen?.headers ?? [])["x-hooked"]).toBe(answer.header("x-request-id"));
  });

  it("may change the answer, and what is said of a refusal", async () => {
    const answer = await get("/hook/response");
    expect([answer.text, answer.header("x-hooked")]).toEqual(["body", answer.header("x-request-id")]);
    await served.origin.raw("/hang", { send: "", end: "close" });
    const sorry = await get("/hook/error");
    expect([sorry.status, sorry.text, sorry.header("x-frame-options")]).toEqual([
      502,
      "sorry: upstream-unreachable",
      "DENY",
    ]);
    expect((await get("/hook/error?problem")).json().code).toBe("upstream-unreachable");
    const broken = await get("/hook/error?broken");
    expect([broken.status, broken.json().code]).toEqual([502, "upstream-unreachable"]);
    const line = await served.gateway.line(broken.header("x-request-id"));
    expect(line).toMatchObject({
      code: "upstream-unreachable",
      notes: [expect.stringContaining("the hook is broken too")],
    });
  });

  it.each(["request", "upstreamRequest", "upstreamResponse", "response"])(
    "%s that throws makes the request fail, and tells the client nothing",
    async (where) => {
      const answer = await get(`/hook/throws/${where}`);
      expect([answer.status, answer.json().code]).toEqual([500, "internal-error"]);
      expect(answer.text).not.toContain("secret");
      expect((await served.gateway.line(answer.header("x-request-id"))).cause).toContain("the secret reason");
      expect((await get("/hook/throws/nowhere")).status).toBe(200);
    },
  );

  it.each(["request", "upstreamRequest", "upstreamResponse", "response"])(
    "%s has no more time than the request",
    async (where) => {
      const started = performance.now();
      const answer = await get(`/hook/sleeps/${where}`);
      expect([answer.status, answer.json().code]).toEqual([504, "deadline-exceeded"]);
      expect(performance.now() - started).toBeLessThan(1_500);
    },
  );

  it("that fails is passed over where it may be: request and answer go on whole", async () => {
    const answer = await get("/hook/passed-over", { method: "POST", body: "sent" });
    expect([answer.status, answer.complete]).toEqual([200, true]);
    expect(answer.json<Echo>()).toMatchObject({ method: "POST", url: "/hook/passed-over", body: "sent" });
    const { notes } = await served.gateway.line(answer.header("x-request-id"));
    expect(notes).toEqual([
      "the request hook failed: it took longer than 40 ms",
      expect.stringContaining("the upstreamRequest hook failed: Error: the secret reason"),
      "the upstreamResponse hook failed: it took longer than 40 ms",
      expect.stringContaining("the response hook failed: Error: a Response cannot have the status 0"),
    ]);
  });

  it("before a call on a cached route sees no more than the cache key holds", async () => {
    const answer = await get("/hook/cached?b=2&a=1", { headers: { cookie: "a=1", accept: "text/plain" } });
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line.notes).toEqual(["saw accept a=1"]);
  });
});
