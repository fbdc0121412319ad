import { describe, expect, it } from "vitest";
import { NEGOTIATION } from "../../../src/cache/vary.ts";
import type { CacheOptions } from "../../../src/policies/replay/cache.ts";
import { type Ask, cachedRoutes, identity, memberRoute, minute, publicRoute } from "./cached.ts";

const at = cachedRoutes();
const { cached } = at;

describe("what the shared half of a cached route sees", () => {
  const headers = {
    accept: "text/html",
    "accept-encoding": "gzip",
    "accept-language": "de",
    authorization: "Bearer x",
    "cache-control": "no-cache",
    cookie: "session=1",
    "if-none-match": '"client"',
    origin: "https://evil.example",
    range: "bytes=0-1",
    "user-agent": "curl",
    "x-forwarded-host": "evil.example",
    "x-tenant": "a",
  };

  it("is what the key and the variant hold, and nothing else of the caller", async () => {
    await cached({ ...minute, key: { headers: ["X-Tenant"], query: ["page"] } })("x", {
      url: "https://api.example/v1/products/1?utm=evil&page=2",
      headers,
      identity: identity("alice"),
    });
    expect(Object.fromEntries(at.seen[0]!.headers)).toEqual({
      accept: "text/html",
      "accept-language": "de",
      "x-tenant": "a",
    });
    expect(at.seen[0]).toMatchObject({
      exposure: "keyed",
      method: "GET",
      search: "?page=2",
      identity: undefined,
      address: "",
    });
  });

  it("is never a header that variants are not told apart by", async () => {
    await cached(minute)("x", { headers });
    expect([...at.seen[0]!.headers.keys()].filter((name) => !NEGOTIATION.includes(name))).toEqual([]);
  });

  it("includes the identity only where each has answers of its own", async () => {
    await cached({ ...minute, key: { identity: true } }, memberRoute)("x", { identity: identity("alice") });
    expect(at.seen[0]?.identity?.subject).toBe("alice");
    await cached({ ...minute, public: true }, memberRoute)("x", { identity: identity("alice") });
    expect(at.seen[1]?.identity).toBeUndefined();
  });

  it("is a GET, for a HEAD too", async () => {
    const ask = cached(minute);
    expect(await ask("body", { method: "HEAD" })).toMatchObject({ body: "", cache: "miss" });
    expect(at.seen[0]?.method).toBe("GET");
    expect(await ask("other")).toMatchObject({ body: "body", cache: "hit" });
  });
});

describe("callers are given one answer", () => {
  const same: Array<[string, CacheOptions, Ask, Ask]> = [
    [
      "whatever they send beside the key",
      minute,
      {},
      { headers: { cookie: "a=1", "x-forwarded-host": "evil", "user-agent": "x" } },
    ],
    ["whether or not they present a credential", minute, {}, { headers: { authorization: "Bearer x" } }],
    [
      "in whatever order they ask",
      minute,
      { url: "https://a/v1/products/1?b=1&a=2" },
      { url: "https://a/v1/products/1?a=2&b=1" },
    ],
    [
      "whatever is not in key.query",
      { ...minute, key: { query: ["a"] } },
      { url: "https://a/v1/products/1?a=1" },
      { url: "https://a/v1/products/1?utm=x&a=1" },
    ],
  ];
  it.each(same)("%s", async (_, written, one, other) => {
    const ask = cached(written);
    await ask("first", one);
    expect(await ask("second", other)).toMatchObject({ body: "first", cache: "hit" });
  });

  it("when a route that authenticates says that its answers are public", async () => {
    const ask = cached({ ...minute, public: true }, memberRoute);
    await ask("for all", { identity: identity("alice") });
    expect(await ask("other", { identity: identity("bob") })).toMatchObject({
      body: "for all",
      cache: "hit",
    });
  });
});

describe("callers are kept apart", () => {
  const apart: Array<[string, CacheOptions, Ask, Ask]> = [
    ["by host", minute, { url: "https://a/v1/products/1" }, { url: "https://b/v1/products/1" }],
    ["by scheme", minute, { url: "https://a/v1/products/1" }, { url: "http://a/v1/products/1" }],
    ["by path", minute, { url: "https://a/v1/products/1" }, { url: "https://a/v1/products/2" }],
    ["by query", minute, { url: "https://a/v1/products/1?x=1" }, { url: "https://a/v1/products/1?x=2" }],
    [
      "by the order of one parameter's values",
      minute,
      { url: "https://a/v1/products/1?x=1&x=2" },
      { url: "https://a/v1/products/1?x=2&x=1" },
    ],
    [
      "by the key's header fields",
      { ...minute, key: { headers: ["x-tenant"] } },
      { headers: { "x-tenant": "a" } },
      { headers: { "x-tenant": "b" } },
    ],
    [
      "by a field's absence",
      { ...minute, key: { headers: ["x-tenant"] } },
      {},
      { headers: { "x-tenant": "" } },
    ],
    [
      "by values that look like separators",
      { ...minute, key: { headers: ["x-a", "x-b"] } },
      { headers: { "x-a": 'a","b', "x-b": "c" } },
      { headers: { "x-a": "a", "x-b": 'b","c' } },
    ],
  ];
  it.each(apart)("%s", async (_, written, one, other) => {
    const ask = cached(written);
    await ask("first", one);
    expect(await ask("second", other)).toMatchObject({ body: "second", cache: "miss" });
    expect(await ask("third", one)).toMatchObject({ body: "first", cache: "hit" });
  });

  it("by identity, where the key holds it, private answers included", async () => {
    const ask = cached({ ...minute, key: { identity: true } }, memberRoute);
    const mine = (text: string) => () => new Response(text, { headers: { "cache-control": "private" } });
    await ask(mine("alice's"), { identity: identity("alice") });
    expect(await ask(mine("bob's"), { identity: identity("bob") })).toMatchObject({
      body: "bob's",
      cache: "miss",
    });
    expect(await ask(mine("new"), { identity: identity("alice") })).toMatchObject({
      body: "alice's",
      cache: "hit",
    });
  });

  it("by what a token grants, even to one caller", async () => {
    const ask = cached({ ...minute, key: { identity: true } }, memberRoute);
    await ask("all of it", { identity: identity("alice", { scopes: ["read", "admin"] }) });
    expect(await ask("some of it", { identity: identity("alice", { scopes: ["read"] }) })).toMatchObject({
      body: "some of it",
      cache: "miss",
    });
  });

  it("by route, should two have the same path", async () => {
    await cached(minute)("one");
    expect(await cached(minute, { ...publicRoute, id: "GET /v1/*" })("two")).toMatchObject({
      body: "two",
      cache: "miss",
    });
  });
});
