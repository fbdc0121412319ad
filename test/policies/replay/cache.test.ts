import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Budget } from "../../../src/budget.ts";
import { memoryResponseCache } from "../../../src/cache/memory.ts";
import type { ResponseCache } from "../../../src/cache/response-cache.ts";
import { NEGOTIATION } from "../../../src/cache/vary.ts";
import type { KeyedContext, RequestContext } from "../../../src/context.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import type { Plan } from "../../../src/plan.ts";
import type { RouteFacts, Tools } from "../../../src/policies/policy.ts";
import { type CacheOptions, check, create, options } from "../../../src/policies/replay/cache.ts";

const START = Date.parse("Fri, 20 Nov 2026 12:00:00 GMT");
const DEADLINE = 5_000;
let now: number;
let responses: ResponseCache;
let pending: Promise<unknown>[];
/** What the shared half was given, request by request. */
let seen: KeyedContext[];
/** Log lines, and what was counted as refused. */
let told: unknown[];

beforeEach(() => {
  now = START;
  pending = [];
  seen = [];
  told = [];
  responses = memoryResponseCache(() => now);
});

const publicRoute: RouteFacts = {
  id: "GET /v1/products/:id",
  method: "GET",
  pattern: "/v1/products/:id",
  authenticates: false,
};
const memberRoute: RouteFacts = { ...publicRoute, authenticates: true };

function identity(subject: string, more: Partial<Identity> = {}): Identity {
  return {
    id: `issuer|${subject}`,
    subject,
    issuer: "issuer",
    claims: { sub: subject },
    scopes: [],
    credential: "jwt",
    ...more,
  };
}

interface Ask {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly identity?: Identity;
}

/** A route with the cache policy: asked by a client, answered by what its shared half says. */
function cached(written: CacheOptions, route = publicRoute) {
  const unused = () => {
    throw new Error("not for a cache");
  };
  const log = (line: unknown) => void told.push(line);
  const refusals = { note: (route: string, record: unknown) => void told.push([route, record]) };
  const deps = { now: () => now, responses, log, refusals } as unknown as Tools["deps"];
  const policy = create(options().parse(written), { deps, route, dispatch: unused, upstream: unused });
  return async (answer: string | ((keyed: KeyedContext) => Response), ask: Ask = {}) => {
    const url = new URL(ask.url ?? "https://api.example/v1/products/1");
    const request = new Request(url, { method: ask.method ?? "GET", headers: ask.headers ?? {} });
    const ctx: RequestContext = {
      request,
      id: crypto.randomUUID(),
      trace: { traceId: "1".repeat(32), parentId: "2".repeat(16), flags: "01", state: undefined },
      address: "192.0.2.1",
      start: now,
      record: {},
      execution: { waitUntil: (work) => void pending.push(work) },
      budget: new Budget(now + DEADLINE),
      depth: 0,
      method: request.method,
      scheme: url.protocol.slice(0, -1),
      host: url.host,
      path: url.pathname,
      search: url.search,
      plan: { deadline: DEADLINE } as Plan,
      params: { id: url.pathname.split("/").at(-1) ?? "" },
      query: url.searchParams,
      identity: ask.identity,
      toOrigin: undefined,
      limits: undefined,
      ended: undefined,
      lookOut: undefined,
      scope: unused,
      keepBody: unused,
      withhold: unused,
      systemContext: unused,
    };
    const response = await policy.replay?.(ctx, async (keyed) => {
      seen.push(keyed);
      return typeof answer === "string" ? new Response(answer) : answer(keyed);
    });
    if (response === undefined) throw new Error("the policy does not replay");
    const body = await response.text();
    while (pending.length > 0) await pending.shift();
    const { record } = ctx;
    return { body, status: response.status, headers: response.headers, cache: record.cache, record };
  };
}

const minute = { ttl: "1m" } as const;

describe("options", () => {
  it("are few by default", () => {
    expect(options().parse({})).toEqual({
      ttl: "origin",
      key: { headers: [], identity: false },
      public: false,
      tags: [],
    });
  });

  it("are made ready for the Worker", () => {
    const written: CacheOptions = {
      ttl: "1m",
      staleWhileRevalidate: "10m",
      staleIfError: "1h",
      key: { query: ["page"], headers: ["X-Tenant"], identity: true },
      public: true,
      tags: ["product:{params.id}"],
    };
    expect(options().parse(written)).toEqual({
      ttl: 60_000,
      staleWhileRevalidate: 600_000,
      staleIfError: 3_600_000,
      key: { query: ["page"], headers: ["x-tenant"], identity: true },
      public: true,
      tags: [{ template: ["product:", ["params", "id"]] }],
    });
  });

  const wrong: Array<[unknown, string]> = [
    [{ ttl: "forever" }, "ttl"],
    [{ ttl: "10ms" }, "ttl"],
    [{ ttl: 60 }, "ttl"],
    [{ staleIfError: "soon" }, "staleIfError"],
    [{ key: { headers: ["Cookie"] } }, "key.headers[0]"],
    [{ key: { headers: ["authorization"] } }, "key.headers[0]"],
    [{ key: { headers: ["if-none-match"] } }, "key.headers[0]"],
    [{ key: { headers: ["not a name"] } }, "key.headers[0]"],
    [{ key: { cookies: ["a"] } }, "key"],
    [{ vary: ["accept"] }, ""],
  ];
  it.each(wrong)("%o is refused at %s", (written, path) => {
    const result = options().safeParse(written);
    expect(result.error?.issues.map((issue) => z.core.toDotPath(issue.path))).toEqual([path]);
  });
});

describe("check", () => {
  const fine: Array<[CacheOptions, RouteFacts]> = [
    [{}, publicRoute],
    [{ public: true }, memberRoute],
    [{ key: { identity: true } }, memberRoute],
    [{}, { ...publicRoute, method: "HEAD" }],
  ];
  it.each(fine)("has nothing against %o on %o", (written, route) => {
    expect(check(written, route)).toEqual([]);
  });

  const wrong: Array<[CacheOptions, RouteFacts, RegExp]> = [
    [{}, memberRoute, /authenticates/],
    [{ key: { headers: ["x-tenant"] } }, memberRoute, /authenticates/],
    [{ key: { identity: true } }, publicRoute, /no identity/],
    [{}, { ...publicRoute, method: "POST" }, /POST/],
    [{}, { ...publicRoute, method: "ANY" }, /ANY/],
  ];
  it.each(wrong)("refuses %o on %o", (written, route, reason) => {
    expect(check(written, route)).toEqual([expect.stringMatching(reason)]);
  });
});

describe("a route that must not be cached", () => {
  it.each([memberRoute, { ...publicRoute, method: "POST" }])(
    "is not, even if no build checked it",
    async (route) => {
      const ask = cached(minute, route);
      for (const subject of ["alice", "bob"]) {
        const given = await ask(`for ${subject}`, {
          identity: identity(subject),
          headers: { cookie: "a=1" },
        });
        expect(given).toMatchObject({ body: `for ${subject}`, cache: "bypass" });
        expect(given.headers.get("cache-status")).toBe("isogate; fwd=bypass");
      }
      // Its shared half is the caller's own and sees all of the request.
      expect(seen[0]).toMatchObject({ exposure: "private", identity: { subject: "alice" } });
      expect(seen[0]?.headers.get("cookie")).toBe("a=1");
    },
  );
});

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
    expect(Object.fromEntries(seen[0]!.headers)).toEqual({
      accept: "text/html",
      "accept-language": "de",
      "x-tenant": "a",
    });
    expect(seen[0]).toMatchObject({
      exposure: "keyed",
      method: "GET",
      search: "?page=2",
      identity: undefined,
      address: "",
    });
  });

  it("is never a header that variants are not told apart by", async () => {
    await cached(minute)("x", { headers });
    expect([...seen[0]!.headers.keys()].filter((name) => !NEGOTIATION.includes(name))).toEqual([]);
  });

  it("includes the identity only where each has answers of its own", async () => {
    await cached({ ...minute, key: { identity: true } }, memberRoute)("x", { identity: identity("alice") });
    expect(seen[0]?.identity?.subject).toBe("alice");
    await cached({ ...minute, public: true }, memberRoute)("x", { identity: identity("alice") });
    expect(seen[1]?.identity).toBeUndefined();
  });

  it("is a GET, for a HEAD too", async () => {
    const ask = cached(minute);
    expect(await ask("body", { method: "HEAD" })).toMatchObject({ body: "", cache: "miss" });
    expect(seen[0]?.method).toBe("GET");
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

describe("a revalidation in the background", () => {
  it("has time of its own, and the validator of what is stored", async () => {
    const ask = cached({ ...minute, staleWhileRevalidate: "1h" });
    await ask(() => new Response("one", { headers: { etag: '"1"' } }));
    now += 120_000;
    expect(await ask(() => new Response(null, { status: 304 }))).toMatchObject({
      body: "one",
      cache: "stale",
    });
    expect(seen[1]?.headers.get("if-none-match")).toBe('"1"');
    expect(seen[1]?.budget.deadlineAt).toBe(now + DEADLINE);
    expect(await ask("two")).toMatchObject({ body: "one", cache: "hit" });
  });

  it("tells for itself what would have been refused: the request's line has been written", async () => {
    const reported = [{ policy: "rateLimit", code: "rate-limited" }];
    const report = ({ record }: KeyedContext) => {
      record.reported = [...reported];
      return new Response("x");
    };
    const ask = cached({ ...minute, staleWhileRevalidate: "1h" });
    expect((await ask(report)).record.reported).toEqual(reported);
    expect(told).toEqual([]);
    now += 120_000;
    const answered = await ask(report);
    expect([answered.cache, answered.record.reported]).toEqual(["stale", undefined]);
    expect(told).toEqual([
      expect.objectContaining({ event: "revalidation-reported", route: publicRoute.id, reported }),
      [publicRoute.id, { reported }],
    ]);
  });
});

describe("tags", () => {
  it("are rendered from the request and kept with the entry", async () => {
    const tags: string[][] = [];
    const { put } = responses;
    responses.put = (key, entry, body, keepFor) => {
      tags.push([...entry.tags]);
      return put(key, entry, body, keepFor);
    };
    const ask = cached({ ...minute, tags: ["product:{params.id}", "{query.none}", "all"] });
    const given = await ask("x", { url: "https://a/v1/products/a,b" });
    expect(tags).toEqual([["product:a%2Cb", "all"]]);
    expect(given.headers.has("cache-tag")).toBe(false);
  });
});
