import { beforeEach, describe, expect, it } from "vitest";
import { fails, never, type Origin, renewWorld, route, says, settled, world } from "./cached-route.ts";

beforeEach(renewWorld);

describe("a stale response", () => {
  const stale = { ttl: 60_000, staleWhileRevalidate: 30_000 } as const;

  it("is served while one revalidation runs in the background", async () => {
    const ask = route(stale);
    await ask(says("one"));
    await settled();
    world.now += 70_000;

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
    expect(world.asked.slice(1)).toEqual([{ condition: undefined, background: true }]);

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
    world.now += 70_000;
    await ask(says(null, { etag: '"1"', "x-own": "new" }, 304));
    await settled();
    expect(world.asked[1]).toEqual({ condition: ["if-none-match", '"1"'], background: true });
    const given = await ask(never);
    expect(given).toMatchObject({ body: "one", cache: "hit" });
    expect(given.headers.get("x-own")).toBe("new");
    expect(given.headers.get("age")).toBe("0");
  });

  it("stays when the background revalidation fails, and the next caller tries again", async () => {
    const ask = route(stale);
    await ask(says("one"));
    await settled();
    world.now += 70_000;
    for (const origin of [fails("upstream-timeout"), says("oops", {}, 500), says("wait", {}, 429)]) {
      expect((await ask(origin)).body).toBe("one");
      await settled();
    }
    expect(world.asked).toHaveLength(4);
    expect(world.logged).toMatchObject([{ cause: "RefusalError: upstream-timeout" }]);
  });

  it.each<[string, Origin]>([
    ["is gone", says("gone", {}, 404)],
    ["must not be stored any more", says("two", { "cache-control": "no-store" })],
    ["is forbidden", says("no", {}, 403)],
  ])("is dropped when the background revalidation learns that it %s", async (_, origin) => {
    const ask = route(stale);
    await ask(says("one"));
    await settled();
    world.now += 70_000;
    await ask(origin);
    await settled();
    expect((await ask(says("three"))).cache).toBe("miss");
  });

  it("is not served past its window", async () => {
    const ask = route(stale);
    await ask(says("one"));
    await settled();
    world.now += 90_000;
    expect(await ask(says("two"))).toMatchObject({ body: "two", cache: "miss" });
  });

  it("is not served where the origin forbids it", async () => {
    const ask = route(stale);
    await ask(says("one", { "cache-control": "must-revalidate", etag: '"1"' }));
    await settled();
    world.now += 60_000;
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
    world.now += 100_000;
    const notModified = {
      "cache-control": "max-age=30",
      "x-new": "1",
      "content-type": "x/y",
      "set-cookie": "a=1",
    };
    const given = await ask(says(null, notModified, 304));
    expect(world.asked[1]).toEqual({ condition: ["if-none-match", '"1"'], background: false });
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
    world.now += 29_000;
    expect(await ask(never)).toMatchObject({ body: "one", cache: "hit", cacheStatus: "isogate; hit; ttl=1" });
  });

  it("answers the client's own condition after it", async () => {
    const ask = route({ ttl: 60_000 });
    await ask(says("one", fields));
    await settled();
    world.now += 100_000;
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
    world.now += 100_000;
    await ask(says(null, {}, 304));
    expect(world.asked[1]?.condition).toEqual(["if-modified-since", date]);
  });

  it("drops what the origin confirms but forbids to store", async () => {
    const ask = route({ ttl: 60_000 });
    await ask(says("one", fields));
    await settled();
    world.now += 100_000;
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
    ["a limit in front of it", fails("rate-limited"), ""],
    ["no word of its limit", fails("store-unavailable"), ""],
    ["no room for one more", fails("temporary-reduced-capacity"), ""],
  ];

  it.each(failing)("(%s) is covered by a stale response", async (_, origin, status) => {
    const ask = route(rules);
    await ask(says("one"));
    await settled();
    world.now += 100_000;
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
    world.now += 360_000;
    const given = await ask(origin).catch((error: unknown) => error);
    expect(given).not.toMatchObject({ body: "one" });
  });

  it.each<[string, Origin]>([
    ["the client's fault", fails("body-too-large")],
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
    world.now += 100_000;
    await expect(ask(origin)).rejects.toThrow();
  });

  it("does not bring back what the origin has taken away", async () => {
    const ask = route(rules);
    await ask(says("one"));
    await settled();
    world.now += 100_000;
    expect(await ask(says("gone", {}, 404))).toMatchObject({
      status: 404,
      cacheStatus: "isogate; fwd=stale",
    });
    await settled();
    expect(await ask(says("oops", {}, 503))).toMatchObject({ status: 503, body: "oops" });
  });
});
