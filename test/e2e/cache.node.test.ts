import { describe, expect, it } from "vitest";
import type { Echo, Field } from "../support/origin.ts";
import { ask, type HttpRequest } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";
import { serve } from "./served.ts";

const SECRET = "a secret that is at least as long as its hash";
const served = serve("cache.ts", (origin) => ({
  ORIGIN: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  PARTNER_SECRET: SECRET,
}));

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const asked = async (path: string) => (await served.origin.requests(path)).length;

/** What the cache did, by the log. */
async function outcome(path: string, init?: HttpRequest): Promise<string | undefined> {
  const answer = await get(path, init);
  return (await served.gateway.line(answer.header("x-request-id"))).cache;
}

describe("a cached answer", () => {
  it("is asked for once, and then has an age", async () => {
    await served.origin.answer(
      "/plain/a",
      { headers: [["content-type", "text/plain"]], body: "one" },
      { body: "two" },
    );
    const miss = await get("/plain/a");
    expect([miss.text, miss.header("age")]).toEqual(["one", undefined]);
    expect(miss.header("cache-status")).toMatch(/^isogate; fwd=(uri-)?miss; stored/);
    await expect.poll(() => outcome("/plain/a")).toBe("hit");
    const hit = await get("/plain/a");
    expect([hit.text, hit.header("content-type")]).toEqual(["one", "text/plain"]);
    expect(Number(hit.header("age"))).toBeGreaterThanOrEqual(0);
    expect(hit.header("cache-status")).toMatch(/^isogate; hit; ttl=\d+$/);
    expect(hit.header("x-request-id")).not.toBe(miss.header("x-request-id"));
    expect(await asked("/plain/a")).toBe(1);
  });

  it("is the same however the query is ordered, and another for another query, path or host", async () => {
    expect(await outcome("/plain/q?b=2&a=1&b=1")).toBe("miss");
    await expect.poll(() => outcome("/plain/q?a=1&b=2&b=1")).toBe("hit");
    expect(await outcome("/plain/q?a=1&b=1&b=2")).toBe("miss");
    expect(await outcome("/plain/q")).toBe("miss");
    expect(await outcome("/plain/q", { headers: { host: "other.example" } })).toBe("miss");
    expect(await outcome("/plain/q%20")).toBe("miss");
  });

  it("is found by every spelling of its path", async () => {
    expect(await outcome("/plain/sp%61ced%e2%82%ac")).toBe("miss");
    await expect.poll(() => outcome("/plain/spaced%E2%82%AC")).toBe("hit");
  });

  it("depends on the named parts of the query and header alone, and the origin hears of no others", async () => {
    const keyed = (query: string, tenant: string) =>
      [`/keyed?${query}`, { headers: { "x-tenant": tenant, "x-other": "1" } }] as const;
    expect(await outcome(...keyed("a=1&utm=x&b=2", "t1"))).toBe("miss");
    await expect.poll(() => outcome(...keyed("b=2&a=1&utm=y", "t1"))).toBe("hit");
    expect(await outcome(...keyed("a=1&b=2", "t2"))).toBe("miss");
    expect(await outcome(...keyed("a=1", "t1"))).toBe("miss");
    const [first] = await served.origin.requests("/keyed");
    expect(first?.url).toBe("/keyed?a=1&b=2");
    const fields = Object.fromEntries(first?.headers ?? []);
    expect([fields["x-tenant"], fields["x-other"]]).toEqual(["t1", undefined]);
  });

  it("is made of nothing that is one caller's", async () => {
    const headers = {
      cookie: "session=1",
      authorization: "Basic eA==",
      "user-agent": "mine",
      "cf-connecting-ip": "203.0.113.9",
      "accept-language": "fr",
      "x-forwarded-host": "evil.example",
      range: "bytes=0-1",
      "cache-control": "no-cache",
    };
    const answer = await get("/plain/nobody", { headers });
    expect(answer.status).toBe(200);
    const names = answer.json<Echo>().headers.map(([name]) => name.toLowerCase());
    for (const name of [
      "cookie",
      "authorization",
      "user-agent",
      "x-forwarded-for",
      "range",
      "cache-control",
    ]) {
      expect(names).not.toContain(name);
    }
    expect(names).toContain("accept-language");
    // Nor can a caller push it out.
    await expect.poll(() => outcome("/plain/nobody", { headers })).toBe("hit");
  });

  it("is a 304 for who has it already", async () => {
    const headers: Field[] = [
      ["etag", '"v1"'],
      ["content-type", "text/plain"],
      ["last-modified", "Fri, 20 Nov 2026 08:00:00 GMT"],
    ];
    await served.origin.answer("/plain/tagged", { headers, body: "body" });
    await get("/plain/tagged");
    await expect.poll(() => outcome("/plain/tagged")).toBe("hit");
    const has = await get("/plain/tagged", { headers: { "if-none-match": 'W/"v0", "v1"' } });
    expect([has.status, has.text, has.header("etag"), has.header("content-type")]).toEqual([
      304,
      "",
      '"v1"',
      undefined,
    ]);
    const hasOther = await get("/plain/tagged", { headers: { "if-none-match": '"v2"' } });
    expect([hasOther.status, hasOther.text]).toEqual([200, "body"]);
    const since = { "if-modified-since": "Fri, 20 Nov 2026 08:00:00 GMT" };
    expect((await get("/plain/tagged", { headers: since })).status).toBe(304);
    expect(await asked("/plain/tagged")).toBe(1);
  });

  it("fills and answers HEAD", async () => {
    await served.origin.answer("/plain/head", { headers: [["x-own", "1"]], body: "body" });
    const head = await get("/plain/head", { method: "HEAD" });
    expect([head.status, head.text, head.header("x-own")]).toEqual([200, "", "1"]);
    await expect.poll(() => outcome("/plain/head", { method: "HEAD" })).toBe("hit");
    const asked = await served.origin.requests("/plain/head");
    expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
    const filled = await get("/plain/head");
    expect([filled.text, filled.header("age")]).toEqual(["body", expect.any(String)]);
    expect(await served.origin.requests("/plain/head")).toEqual(asked);
  });

  it("is kept apart by what it varies with", async () => {
    const varying = (language: string) => ({ headers: { "accept-language": language } });
    await served.origin.answer(
      "/plain/varied",
      { headers: [["vary", "Accept-Language"]], body: "bonjour" },
      { headers: [["vary", "Accept-Language"]], body: "hallo" },
    );
    expect((await get("/plain/varied", varying("fr"))).text).toBe("bonjour");
    await expect.poll(() => outcome("/plain/varied", varying("fr"))).toBe("hit");
    expect((await get("/plain/varied", varying("de"))).text).toBe("hallo");
    await expect.poll(() => outcome("/plain/varied", varying("de"))).toBe("hit");
    expect((await get("/plain/varied", varying("fr"))).text).toBe("bonjour");
  });

  it("is finished for each caller", async () => {
    await served.origin.answer("/finished", { body: "body" });
    const call = (me: string, from: string) =>
      get("/finished", { headers: { "x-me": me, origin: from, "cf-connecting-ip": "203.0.113.1" } });
    const first = await call("ada", "https://one.example");
    await expect
      .poll(() => outcome("/finished", { headers: { "cf-connecting-ip": "203.0.113.2" } }))
      .toBe("hit");
    const second = await call("bob", "https://two.example");
    const third = await call("eve", "https://evil.example");
    const facts = [first, second, third].map((answer) => [
      answer.header("x-for"),
      answer.header("access-control-allow-origin"),
      /r=(\d+)/.exec(answer.header("ratelimit") ?? "")?.[1],
    ]);
    expect(facts).toEqual([
      ["ada", "https://one.example", "9"],
      ["bob", "https://two.example", "8"],
      ["eve", undefined, "7"],
    ]);
    expect(await asked("/finished")).toBe(1);
  });
});

describe("what is not cached", () => {
  const CACHEABLE = ["cache-control", "max-age=600"] as const;

  it.each<[string, { status?: number; headers: Field[] }]>([
    ["a cookie", { headers: [CACHEABLE, ["set-cookie", "a=1"]] }],
    ["a private answer", { headers: [["cache-control", "private, max-age=600"]] }],
    ["one that may not be stored", { headers: [["cache-control", "max-age=600, no-store"]] }],
    ["one that varies with everything", { headers: [CACHEABLE, ["vary", "*"]] }],
    ["a failure", { status: 500, headers: [] }],
    ["an unavailable origin", { status: 503, headers: [] }],
    ["a refusal", { status: 403, headers: [] }],
    ["what is not found", { status: 404, headers: [] }],
    ["a temporary redirect", { status: 302, headers: [["location", "/"]] }],
  ])("is %s, even on a route with a time of its own", async (name, answer) => {
    const path = `/plain/not-${name.replaceAll(/\W/g, "-")}`;
    await served.origin.answer(path, { ...answer, body: "one" }, { ...answer, body: "two" });
    expect((await get(path)).text).toBe("one");
    expect((await get(path)).text).toBe("two");
  });

  it("is what its origin gives no time for, where the origin decides", async () => {
    await served.origin.answer("/by-origin/none", { body: "one" }, { body: "two" });
    expect([(await get("/by-origin/none")).text, (await get("/by-origin/none")).text]).toEqual([
      "one",
      "two",
    ]);
    await served.origin.answer(
      "/by-origin/own",
      { headers: [["cache-control", "max-age=60"]], body: "one" },
      { body: "two" },
    );
    await get("/by-origin/own");
    await expect.poll(() => outcome("/by-origin/own")).toBe("hit");
    expect((await get("/by-origin/own")).text).toBe("one");
  });

  it("is an answer that broke off", async () => {
    for (const [path, head] of [
      ["/broken/length", "Content-Length: 100\r\n\r\nhalf"],
      ["/broken/chunk", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
    ] as const) {
      await served.origin.raw(path, { send: `HTTP/1.1 200 OK\r\n${head}`, end: "close" });
      const cut = await get(path);
      expect([cut.status, cut.complete]).toEqual([200, false]);
      await served.origin.raw(path, {
        send: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole",
        end: "close",
      });
      const whole = await get(path);
      expect([path, whole.text, whole.complete]).toEqual([path, "whole", true]);
    }
  });
});

describe("a stale answer", () => {
  it("is served at once while a new one is fetched", async () => {
    await served.origin.answer("/revalidated", { body: "old" }, { delay: 200, body: "new" });
    expect((await get("/revalidated")).text).toBe("old");
    await expect.poll(() => outcome("/revalidated"), { interval: 20, timeout: 4_000 }).toBe("stale");
    await expect.poll(async () => (await get("/revalidated")).text, { interval: 20 }).toBe("new");
    expect(await asked("/revalidated")).toBe(2);
  });

  it("stands in for an origin that fails", async () => {
    await served.origin.answer("/for-errors", { body: "good" }, { status: 503, body: "bad" });
    expect((await get("/for-errors")).text).toBe("good");
    await expect.poll(() => outcome("/for-errors"), { interval: 20, timeout: 4_000 }).toBe("stale");
    const answer = await get("/for-errors");
    expect([answer.status, answer.text]).toEqual([200, "good"]);
    expect(answer.header("cache-status")).toContain("stale");
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line.notes?.join()).toContain("served stale");
  });

  it("is asked about, and not fetched again where it still holds", async () => {
    const tagged: Field[] = [["etag", '"v1"']];
    await served.origin.answer(
      "/confirmed",
      { headers: tagged, body: "body" },
      { status: 304, headers: tagged },
    );
    expect((await get("/confirmed")).text).toBe("body");
    await expect.poll(() => outcome("/confirmed"), { interval: 20, timeout: 4_000 }).toBe("revalidated");
    expect((await get("/confirmed")).text).toBe("body");
    const conditions = (await served.origin.requests("/confirmed")).map(({ headers }) =>
      headers.filter(([name]) => name.toLowerCase() === "if-none-match").map(([, value]) => value),
    );
    expect(conditions).toEqual([[], ['"v1"']]);
  });
});

describe("a route that authenticates", () => {
  const as = async (claims: Readonly<Record<string, unknown>>) => ({
    headers: bearing(await signWithSecret(SECRET, { iss: PARTNER, ...claims })),
  });

  it("keeps each caller's answers apart, and those of other rights of one caller", async () => {
    const ada = await as({ sub: "ada" });
    const first = await get("/mine", ada);
    expect(Object.fromEntries(first.json<Echo>().headers)["x-identity-subject"]).toBe("ada");
    await expect.poll(() => outcome("/mine", ada)).toBe("hit");
    await expect
      .poll(async () => outcome("/mine", await as({ sub: "ada", jti: "another token" })))
      .toBe("hit");
    const bob = await get("/mine", await as({ sub: "bob" }));
    expect(Object.fromEntries(bob.json<Echo>().headers)["x-identity-subject"]).toBe("bob");
    expect(await outcome("/mine", await as({ sub: "ada", scope: "less" }))).toBe("miss");
    expect((await get("/mine")).status).toBe(401);
  });

  it("that says its answers are for all tells its origin of nobody, and still asks who calls", async () => {
    const first = await get("/shared", await as({ sub: "ada" }));
    expect(JSON.stringify(first.json<Echo>().headers)).not.toContain("identity");
    await expect.poll(async () => outcome("/shared", await as({ sub: "bob" }))).toBe("hit");
    expect((await get("/shared")).status).toBe(401);
    expect((await get("/shared", { headers: bearing("x") })).status).toBe(401);
  });
});
