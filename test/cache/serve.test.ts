import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import { CacheServer } from "../../src/cache/serve.ts";
import { RefusalError } from "../../src/errors/refusal.ts";
import {
  type Fields,
  fails,
  never,
  type Origin,
  renewWorld,
  route,
  says,
  settled,
  world,
} from "./cached-route.ts";

beforeEach(renewWorld);

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

    world.now += 20_500;
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
    world.now += 9_000;
    const second = await ask(never);
    expect(second.headers.get("age")).toBe("59");
    expect(second.cacheStatus).toBe("isogate; hit; ttl=1");
    world.now += 1_000;
    expect((await ask(says("two"))).cache).toBe("miss");
  });

  it("counts the time that the origin took", async () => {
    const ask = route();
    await ask(() => {
      world.now += 3_000;
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
    expect(world.asked).toHaveLength(2);
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
    expect(world.logged).toMatchObject([{ event: "cache-failure", route: "GET /a", cause: "Error: reset" }]);
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
      { now: () => world.now, responses: world.responses, log: () => {} },
      { ttl: 60_000, perIdentity: false },
    );
    const call = {
      asker: { method: "GET", headers: new Headers() },
      key: "https://cache.isogate.invalid/left",
      budget: new Budget(world.now + 10_000),
      execution: { waitUntil: (work: Promise<unknown>) => void world.pending.push(work) },
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
    world.responses = { get: broken, put: broken, delete: broken };
    const given = await route()(says("one", { "cache-control": "max-age=60" }));
    expect(given).toMatchObject({ body: "one", cache: "miss" });
    expect(given.record.notes).toEqual(["cache: Error: down"]);
    await settled();
    expect(world.logged).toMatchObject([{ event: "cache-failure", cause: "Error: down" }]);
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
    world.now += 5_000;
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
    expect(world.asked[0]?.condition).toBeUndefined();
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
    expect(world.asked).toHaveLength(2);
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
