import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import type { FreshnessRules } from "../../src/cache/freshness.ts";
import { primaryKey } from "../../src/cache/key.ts";
import { memoryResponseCache } from "../../src/cache/memory.ts";
import type { ResponseCache } from "../../src/cache/response-cache.ts";
import { CacheServer, type Condition } from "../../src/cache/serve.ts";
import type { ErrorCode } from "../../src/errors/catalog.ts";
import { RefusalError, refuse } from "../../src/errors/refusal.ts";
import type { AccessRecord } from "../../src/observe/record.ts";

type Fields = Record<string, string>;
type Origin = (condition: Condition | undefined, background: boolean) => Response | Promise<Response>;

const START = Date.parse("Fri, 20 Nov 2026 12:00:00 GMT");
let now: number;
let asked: Array<{ condition: Condition | undefined; background: boolean }>;
let logged: Array<Readonly<Record<string, unknown>>>;
let responses: ResponseCache;
let pending: Promise<unknown>[];

beforeEach(() => {
  now = START;
  asked = [];
  logged = [];
  pending = [];
  responses = memoryResponseCache(() => now);
});

/** A cached route, asked by {@link Fields} and answered by an origin. */
function route(rules: Partial<FreshnessRules> = {}) {
  const deps = {
    now: () => now,
    responses,
    log: (line: Readonly<Record<string, unknown>>) => logged.push(line),
  };
  const server = new CacheServer("GET /a", deps, { ttl: "origin", perIdentity: false, ...rules });
  return async (origin: Origin, fields: Fields = {}, method = "GET") => {
    const record: AccessRecord = {};
    const response = await server.serve({
      asker: { method, headers: new Headers(fields) },
      key: await primaryKey({
        scheme: "https",
        host: "a",
        route: "GET /a",
        path: "/a",
        search: "",
        headers: [],
        identity: null,
      }),
      record,
      budget: new Budget(now + 10_000),
      execution: { waitUntil: (work) => void pending.push(work) },
      origin: async (condition, background) => {
        asked.push({ condition, background });
        return origin(condition, background);
      },
      tags: () => ["a"],
    });
    const { status, headers } = response;
    const body = await response.text();
    return { status, headers, body, cache: record.cache, record, cacheStatus: headers.get("cache-status") };
  };
}

/** Waits for what the answers left to be done. */
async function settled() {
  while (pending.length > 0) await pending.shift();
}

const says =
  (body: string | null, fields: Fields = {}, status = 200): Origin =>
  () =>
    new Response(body, { status, headers: fields });
const never: Origin = () => {
  throw new Error("the origin must not be asked");
};
const fails =
  (code: ErrorCode): Origin =>
  () => {
    throw new RefusalError(refuse(code));
  };

describe("a miss", () => {
  it("is answered by the origin, stored, and a hit from then on", async () => {
    const ask = route();
    const first = await ask(says("one", { "cache-control": "max-age=60", "x-own": "1" }));
    expect(first).toMatchObject({
      status: 200,
      body: "one",
      cache: "miss",
      cacheStatus: "isogate; fwd=miss; stored",
    });
    expect(first.headers.has("age")).toBe(false);
    await settled();

    now += 20_500;
    const second = await ask(never);
    expect(second).toMatchObject({
      status: 200,
      body: "one",
      cache: "hit",
      cacheStatus: "isogate; hit; ttl=39",
    });
    expect(second.headers.get("age")).toBe("20");
    expect(second.headers.get("x-own")).toBe("1");
    expect(second.headers.get("cache-control")).toBe("max-age=60");
  });

  it("counts the age that the origin's answer came with, on both", async () => {
    const ask = route();
    const first = await ask(says("one", { "cache-control": "max-age=60", age: "50" }));
    expect(first.headers.get("age")).toBe("50");
    await settled();
    now += 9_000;
    const second = await ask(never);
    expect(second.headers.get("age")).toBe("59");
    expect(second.cacheStatus).toBe("isogate; hit; ttl=1");
    now += 1_000;
    expect((await ask(says("two"))).cache).toBe("miss");
  });

  it("counts the time that the origin took", async () => {
    const ask = route();
    await ask(() => {
      now += 3_000;
      return new Response("slow", { headers: { "cache-control": "max-age=60" } });
    });
    await settled();
    expect((await ask(never)).headers.get("age")).toBe("3");
  });

  it("comes after the members of caches nearer to the origin", async () => {
    const ask = route();
    const fields = { "cache-control": "max-age=60", "cache-status": "near; hit" };
    expect((await ask(says("one", fields))).cacheStatus).toBe("near; hit, isogate; fwd=miss; stored");
    await settled();
    expect((await ask(never)).cacheStatus).toBe("near; hit, isogate; hit; ttl=60");
  });

  const unstorable: Array<[string, Fields, number]> = [
    ["no lifetime", {}, 200],
    ["no-store", { "cache-control": "max-age=60, no-store" }, 200],
    ["private", { "cache-control": "max-age=60, private" }, 200],
    ["a cookie", { "cache-control": "max-age=60", "set-cookie": "a=1" }, 200],
    ["Vary: *", { "cache-control": "max-age=60", vary: "*" }, 200],
    ["a partial answer", { "cache-control": "max-age=60" }, 206],
    ["a server error", { "cache-control": "max-age=60" }, 500],
    ["an unknown coding", { "cache-control": "max-age=60", "content-encoding": "zstd" }, 200],
    [
      "a coding that must stay",
      { "cache-control": "max-age=60, no-transform", "content-encoding": "gzip" },
      200,
    ],
    ["a large body", { "cache-control": "max-age=60", "content-length": "5242881" }, 200],
  ];
  it.each(unstorable)("with %s is passed on as it is and not stored", async (_, fields, status) => {
    const ask = route();
    for (let time = 0; time < 2; time++) {
      const given = await ask(says("one", fields, status));
      expect(given).toMatchObject({ status, body: "one", cache: "miss", cacheStatus: "isogate; fwd=miss" });
      for (const [name, value] of Object.entries(fields)) expect(given.headers.get(name)).toBe(value);
      await settled();
    }
    expect(asked).toHaveLength(2);
  });

  it("is not stored when the body breaks off, and the client sees that it does", async () => {
    const ask = route();
    const broken: Origin = () => {
      let pulled = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulled++ === 0) controller.enqueue(new TextEncoder().encode("half of"));
          else controller.error(new Error("reset"));
        },
      });
      return new Response(body, { headers: { "cache-control": "max-age=60" } });
    };
    await expect(ask(broken)).rejects.toThrow("reset");
    await settled();
    expect(logged).toMatchObject([{ event: "cache-failure", route: "GET /a", cause: "Error: reset" }]);
    expect((await ask(says("whole"))).cache).toBe("miss");
  });

  it.each(["2", "9"])("is not stored when the body is not as long as announced: %s", async (length) => {
    const ask = route();
    await ask(says("three", { "cache-control": "max-age=60", "content-length": length }));
    await settled();
    expect((await ask(says("whole"))).cache).toBe("miss");
  });

  it("is stored even when the client goes away in the middle", async () => {
    const server = new CacheServer(
      "GET /a",
      { now: () => now, responses, log: () => {} },
      { ttl: 60_000, perIdentity: false },
    );
    const call = {
      asker: { method: "GET", headers: new Headers() },
      key: "https://cache.isogate.invalid/left",
      budget: new Budget(now + 10_000),
      execution: { waitUntil: (work: Promise<unknown>) => void pending.push(work) },
      origin: async () => new Response("all of it"),
      tags: () => [],
    };
    const first = await server.serve({ ...call, record: {} });
    await first.body?.cancel();
    await settled();
    const second = await server.serve({ ...call, record: {} });
    expect(second.headers.get("cache-status")).toContain("hit");
    expect(await second.text()).toBe("all of it");
  });

  it("goes to the origin when the cache fails, and notes it", async () => {
    const broken = async () => {
      throw new Error("down");
    };
    responses = { get: broken, put: broken, delete: broken };
    const given = await route()(says("one", { "cache-control": "max-age=60" }));
    expect(given).toMatchObject({ body: "one", cache: "miss" });
    expect(given.record.notes).toEqual(["cache: Error: down"]);
    await settled();
    expect(logged).toMatchObject([{ event: "cache-failure", cause: "Error: down" }]);
  });

  it("that the origin refuses is refused, whoever is at fault", async () => {
    await expect(route()(fails("upstream-timeout"))).rejects.toThrow(RefusalError);
    await expect(route()(fails("rate-limited"))).rejects.toThrow(RefusalError);
  });

  it.each([404, 301])("of status %d is stored and given as such", async (status) => {
    const ask = route();
    await ask(says("x", { "cache-control": "max-age=60", location: "/b" }, status));
    await settled();
    expect(await ask(never)).toMatchObject({ status, body: "x", cache: "hit" });
  });
});

describe("the client's conditions", () => {
  const fields = {
    "cache-control": "max-age=60",
    etag: '"1"',
    "content-type": "text/plain",
    "content-length": "3",
  };

  it("are answered 304 on a hit", async () => {
    const ask = route();
    await ask(says("one", fields));
    await settled();
    now += 5_000;
    const given = await ask(never, { "if-none-match": 'W/"1"' });
    expect(given).toMatchObject({ status: 304, body: "", cache: "hit", cacheStatus: "isogate; hit; ttl=55" });
    expect(Object.fromEntries(given.headers)).toEqual({
      age: "5",
      "cache-control": "max-age=60",
      "cache-status": "isogate; hit; ttl=55",
      etag: '"1"',
    });
    expect(await ask(never, { "if-none-match": '"2"' })).toMatchObject({ status: 200, body: "one" });
  });

  it("are answered 304 on a miss too, and the whole is stored", async () => {
    const ask = route();
    const given = await ask(says("one", fields), { "if-none-match": '"1"' });
    expect(given).toMatchObject({
      status: 304,
      body: "",
      cache: "miss",
      cacheStatus: "isogate; fwd=miss; stored",
    });
    expect(asked[0]?.condition).toBeUndefined();
    await settled();
    expect(await ask(never)).toMatchObject({ status: 200, body: "one" });
  });

  it("mean nothing to an error, and Range nothing at all", async () => {
    const ask = route();
    await ask(says("off", fields, 410));
    await settled();
    expect(await ask(never, { "if-none-match": "*", range: "bytes=0-1" })).toMatchObject({
      status: 410,
      body: "off",
    });
  });
});

describe("HEAD", () => {
  it("is answered from what GET stored, and fills the cache itself", async () => {
    const ask = route();
    const head = await ask(says("one", { "cache-control": "max-age=60", "content-length": "3" }), {}, "HEAD");
    expect(head).toMatchObject({ status: 200, body: "", cache: "miss" });
    expect(head.headers.get("content-length")).toBe("3");
    await settled();
    expect(await ask(never, {}, "HEAD")).toMatchObject({ status: 200, body: "", cache: "hit" });
    expect(await ask(never)).toMatchObject({ status: 200, body: "one", cache: "hit" });
  });
});

describe("the client's Cache-Control", () => {
  it.each(["no-cache", "no-store", "max-age=0", "only-if-cached"])(
    "%s does not get past the cache",
    async (value) => {
      const ask = route();
      await ask(says("one", { "cache-control": "max-age=60" }), {
        "cache-control": value,
        pragma: "no-cache",
      });
      await settled();
      expect((await ask(never, { "cache-control": value, pragma: "no-cache" })).cache).toBe("hit");
    },
  );
});

describe("variants", () => {
  const negotiated: Origin = says("", { "cache-control": "max-age=60", vary: "Accept-Language, Origin" });
  const inLanguage =
    (text: string): Origin =>
    () =>
      new Response(text, { headers: { "cache-control": "max-age=60", vary: "Accept-Language, Origin" } });

  it("are told apart by the fields that Vary names, and by no others", async () => {
    const ask = route();
    for (const language of ["de", "fr", "it"]) {
      expect(await ask(inLanguage(language), { "accept-language": language })).toMatchObject({
        cache: "miss",
      });
      await settled();
    }
    for (const language of ["de", "fr", "it"]) {
      const given = await ask(never, {
        "accept-language": language,
        accept: crypto.randomUUID(),
        origin: "https://x",
      });
      expect(given).toMatchObject({ body: language, cache: "hit" });
      expect(given.headers.get("vary")).toBe("Accept-Language, Origin");
    }
    expect(await ask(inLanguage("none"))).toMatchObject({ cache: "miss", body: "none" });
  });

  it("do not push one another out", async () => {
    const ask = route();
    for (let round = 0; round < 2; round++) {
      for (const language of ["de", "fr"]) {
        await ask(negotiated, { "accept-language": language });
        await settled();
      }
    }
    expect(asked).toHaveLength(2);
  });

  it("follow an origin that changes what it varies on", async () => {
    const ask = route();
    await ask(inLanguage("de"), { "accept-language": "de" });
    await settled();
    const byType: Origin = says("html", { "cache-control": "max-age=60", vary: "Accept" });
    await ask(byType, { "accept-language": "fr", accept: "text/html" });
    await settled();
    const given = await ask(never, { "accept-language": "de", accept: "text/html" });
    expect(given).toMatchObject({ body: "html", cache: "hit" });
    expect((await ask(byType, { "accept-language": "fr", accept: "text/plain" })).cache).toBe("miss");
  });

  it("ignore Accept-Encoding: what is stored has no coding", async () => {
    const ask = route();
    await ask(says("one", { "cache-control": "max-age=60", vary: "Accept-Encoding" }), {
      "accept-encoding": "gzip",
    });
    await settled();
    expect((await ask(never, { "accept-encoding": "br" })).cache).toBe("hit");
  });
});

describe("a stale response", () => {
  const stale = { ttl: 60_000, staleWhileRevalidate: 30_000 } as const;

  it("is served while one revalidation runs in the background", async () => {
    const ask = route(stale);
    await ask(says("one"));
    await settled();
    now += 70_000;

    let release = () => {};
    const slow: Origin = async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return new Response("two");
    };
    const first = await ask(slow);
    expect(first).toMatchObject({
      body: "one",
      cache: "stale",
      cacheStatus: "isogate; hit; ttl=-10; detail=stale-while-revalidate",
    });
    expect(first.headers.get("age")).toBe("70");
    expect(await ask(never)).toMatchObject({ body: "one", cache: "stale" });
    expect(asked.slice(1)).toEqual([{ condition: undefined, background: true }]);

    release();
    await settled();
    expect(await ask(never)).toMatchObject({
      body: "two",
      cache: "hit",
      cacheStatus: "isogate; hit; ttl=60",
    });
  });

  it("is confirmed in the background by a 304", async () => {
    const ask = route(stale);
    await ask(says("one", { etag: '"1"', "x-own": "old" }));
    await settled();
    now += 70_000;
    await ask(says(null, { etag: '"1"', "x-own": "new" }, 304));
    await settled();
    expect(asked[1]).toEqual({ condition: ["if-none-match", '"1"'], background: true });
    const given = await ask(never);
    expect(given).toMatchObject({ body: "one", cache: "hit" });
    expect(given.headers.get("x-own")).toBe("new");
    expect(given.headers.get("age")).toBe("0");
  });

  it("stays when the background revalidation fails, and the next caller tries again", async () => {
    const ask = route(stale);
    await ask(says("one"));
    await settled();
    now += 70_000;
    for (const origin of [fails("upstream-timeout"), says("oops", {}, 500), says("wait", {}, 429)]) {
      expect((await ask(origin)).body).toBe("one");
      await settled();
    }
    expect(asked).toHaveLength(4);
    expect(logged).toMatchObject([{ cause: "RefusalError: upstream-timeout" }]);
  });

  it.each<[string, Origin]>([
    ["is gone", says("gone", {}, 404)],
    ["must not be stored any more", says("two", { "cache-control": "no-store" })],
    ["is forbidden", says("no", {}, 403)],
  ])("is dropped when the background revalidation learns that it %s", async (_, origin) => {
    const ask = route(stale);
    await ask(says("one"));
    await settled();
    now += 70_000;
    await ask(origin);
    await settled();
    expect((await ask(says("three"))).cache).toBe("miss");
  });

  it("is not served past its window", async () => {
    const ask = route(stale);
    await ask(says("one"));
    await settled();
    now += 90_000;
    expect(await ask(says("two"))).toMatchObject({ body: "two", cache: "miss" });
  });

  it("is not served where the origin forbids it", async () => {
    const ask = route(stale);
    await ask(says("one", { "cache-control": "must-revalidate", etag: '"1"' }));
    await settled();
    now += 60_000;
    const given = await ask(says("two", { etag: '"2"' }));
    expect(given).toMatchObject({ body: "two", cache: "miss", cacheStatus: "isogate; fwd=stale; stored" });
  });
});

describe("revalidation", () => {
  const fields = { etag: '"1"', "content-type": "text/plain" };

  it("lets a 304 freshen the stored response, and tells the client nothing of it", async () => {
    const ask = route();
    await ask(says("one", { ...fields, "cache-control": "max-age=60" }));
    await settled();
    now += 100_000;
    const notModified = {
      "cache-control": "max-age=30",
      "x-new": "1",
      "content-type": "x/y",
      "set-cookie": "a=1",
    };
    const given = await ask(says(null, notModified, 304));
    expect(asked[1]).toEqual({ condition: ["if-none-match", '"1"'], background: false });
    expect(given).toMatchObject({
      status: 200,
      body: "one",
      cache: "revalidated",
      cacheStatus: "isogate; fwd=stale; fwd-status=304; stored",
    });
    expect(given.headers.get("content-type")).toBe("text/plain");
    expect(given.headers.get("x-new")).toBe("1");
    expect(given.headers.has("set-cookie")).toBe(false);
    expect(given.headers.has("age")).toBe(false);
    await settled();
    now += 29_000;
    expect(await ask(never)).toMatchObject({ body: "one", cache: "hit", cacheStatus: "isogate; hit; ttl=1" });
  });

  it("answers the client's own condition after it", async () => {
    const ask = route({ ttl: 60_000 });
    await ask(says("one", fields));
    await settled();
    now += 100_000;
    expect(await ask(says(null, fields, 304), { "if-none-match": '"1"' })).toMatchObject({
      status: 304,
      body: "",
    });
    await settled();
    expect(await ask(never)).toMatchObject({ status: 200, body: "one" });
  });

  it("uses the date where there is no tag", async () => {
    const ask = route({ ttl: 60_000 });
    const date = "Fri, 20 Nov 2026 11:00:00 GMT";
    await ask(says("one", { "last-modified": date }));
    await settled();
    now += 100_000;
    await ask(says(null, {}, 304));
    expect(asked[1]?.condition).toEqual(["if-modified-since", date]);
  });

  it("drops what the origin confirms but forbids to store", async () => {
    const ask = route({ ttl: 60_000 });
    await ask(says("one", fields));
    await settled();
    now += 100_000;
    const given = await ask(says(null, { "cache-control": "no-store" }, 304));
    expect(given).toMatchObject({ body: "one", cacheStatus: "isogate; fwd=stale; fwd-status=304" });
    await settled();
    expect((await ask(says("two"))).cache).toBe("miss");
  });

  it("passes on a 304 that nobody asked for", async () => {
    expect(await route()(says(null, {}, 304))).toMatchObject({ status: 304, cache: "miss" });
  });
});

describe("an error of the origin", () => {
  const rules = { ttl: 60_000, staleIfError: 300_000 } as const;
  const failing: Array<[string, Origin, string]> = [
    ["500", says("oops", {}, 500), "fwd-status=500; "],
    ["503", says("oops", {}, 503), "fwd-status=503; "],
    ["no answer in time", fails("upstream-timeout"), ""],
    ["no connection", fails("upstream-unreachable"), ""],
    ["the deadline", fails("deadline-exceeded"), ""],
  ];

  it.each(failing)("(%s) is covered by a stale response", async (_, origin, status) => {
    const ask = route(rules);
    await ask(says("one"));
    await settled();
    now += 100_000;
    const given = await ask(origin);
    expect(given).toMatchObject({
      status: 200,
      body: "one",
      cache: "stale",
      cacheStatus: `isogate; fwd=stale; ${status}ttl=-40; detail=stale-if-error`,
    });
    expect(given.headers.get("age")).toBe("100");
    expect(given.record.notes).toHaveLength(1);
    await settled();
    expect((await ask(origin)).body).toBe("one");
  });

  it.each(failing)("(%s) shows once the window is over", async (_, origin) => {
    const ask = route(rules);
    await ask(says("one"));
    await settled();
    now += 360_000;
    const given = await ask(origin).catch((error: unknown) => error);
    expect(given).not.toMatchObject({ body: "one" });
  });

  it.each<[string, Origin]>([
    ["the client's fault", fails("rate-limited")],
    ["the gateway's fault", fails("internal-error")],
    [
      "a bug",
      () => {
        throw new TypeError("bug");
      },
    ],
  ])("does not cover %s", async (_, origin) => {
    const ask = route(rules);
    await ask(says("one"));
    await settled();
    now += 100_000;
    await expect(ask(origin)).rejects.toThrow();
  });

  it("does not bring back what the origin has taken away", async () => {
    const ask = route(rules);
    await ask(says("one"));
    await settled();
    now += 100_000;
    expect(await ask(says("gone", {}, 404))).toMatchObject({
      status: 404,
      cacheStatus: "isogate; fwd=stale",
    });
    await settled();
    expect(await ask(says("oops", {}, 503))).toMatchObject({ status: 503, body: "oops" });
  });
});
