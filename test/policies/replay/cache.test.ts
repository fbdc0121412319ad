import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { KeyedContext } from "../../../src/context.ts";
import type { RouteFacts } from "../../../src/policies/policy.ts";
import { type CacheOptions, check, options } from "../../../src/policies/replay/cache.ts";
import { cachedRoutes, DEADLINE, identity, memberRoute, minute, publicRoute } from "./cached.ts";

const at = cachedRoutes();
const { cached } = at;

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
      expect(at.seen[0]).toMatchObject({ exposure: "private", identity: { subject: "alice" } });
      expect(at.seen[0]?.headers.get("cookie")).toBe("a=1");
    },
  );
});

describe("a revalidation in the background", () => {
  it("has time of its own, and the validator of what is stored", async () => {
    const ask = cached({ ...minute, staleWhileRevalidate: "1h" });
    await ask(() => new Response("one", { headers: { etag: '"1"' } }));
    at.now += 120_000;
    expect(await ask(() => new Response(null, { status: 304 }))).toMatchObject({
      body: "one",
      cache: "stale",
    });
    expect(at.seen[1]?.headers.get("if-none-match")).toBe('"1"');
    expect(at.seen[1]?.budget.deadlineAt).toBe(at.now + DEADLINE);
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
    expect(at.told).toEqual([]);
    at.now += 120_000;
    const answered = await ask(report);
    expect([answered.cache, answered.record.reported]).toEqual(["stale", undefined]);
    expect(at.told).toEqual([
      expect.objectContaining({ event: "revalidation-reported", route: publicRoute.id, reported }),
      [publicRoute.id, { reported }],
    ]);
  });
});

describe("tags", () => {
  it("are rendered from the request and kept with the entry", async () => {
    const tags: string[][] = [];
    const { put } = at.responses;
    at.responses.put = (key, entry, body, keepFor) => {
      tags.push([...entry.tags]);
      return put(key, entry, body, keepFor);
    };
    const ask = cached({ ...minute, tags: ["product:{params.id}", "{query.none}", "all"] });
    const given = await ask("x", { url: "https://a/v1/products/a,b" });
    expect(tags).toEqual([["product:a%2Cb", "all"]]);
    expect(given.headers.has("cache-tag")).toBe(false);
  });
});
