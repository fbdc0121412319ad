import { describe, expect, it } from "vitest";
import { upstream } from "../../../src/manifest/index.ts";
import { gatewayOf, NOW } from "../../support/in-process.ts";

const api = upstream("api", { origin: "https://api.example" });

/** A gateway with a limit of three a minute, whose origin's answers have fields of their own. */
function gateway(name: string, own: Record<string, string>, more: object = {}) {
  const clock = { now: NOW };
  const rateLimit = { name, limit: 3, window: "1m" };
  const { ask, sent } = gatewayOf(
    { "GET /a": { access: "public", rateLimit, forward: { upstream: api }, ...more } },
    { origin: () => new Response("ok", { headers: own }), now: () => clock.now },
  );
  const read = async (address = "192.0.2.1") => {
    const { status, headers } = await ask("/a", { headers: { "cf-connecting-ip": address } });
    return [status, headers.get("ratelimit"), headers.get("cache-status")?.match(/hit|miss/)?.[0]];
  };
  return { clock, read, sent };
}

describe("the RateLimit fields of a cached route", () => {
  const cache = { cache: { ttl: "1h" } };

  it("are made anew for each hit, and each caller", async () => {
    const { read, clock, sent } = gateway("mine", {}, cache);
    expect(await read()).toEqual([200, '"mine";r=2;t=61', "miss"]);
    clock.now += 10_000;
    expect(await read()).toEqual([200, '"mine";r=1;t=51', "hit"]);
    expect(await read("192.0.2.2")).toEqual([200, '"mine";r=2;t=51', "hit"]);
    expect(await read()).toEqual([200, '"mine";r=0;t=51', "hit"]);
    expect((await read()).slice(0, 2)).toEqual([429, '"mine";r=0;t=51']);
    expect(sent).toHaveLength(1);
  });

  it("have nothing of what the origin said of one answer", async () => {
    const { read } = gateway("mine", { ratelimit: '"origin";r=4;t=20' }, cache);
    expect(await read()).toEqual([200, '"mine";r=2;t=61', "miss"]);
    expect(await read()).toEqual([200, '"mine";r=1;t=61', "hit"]);
  });
});

describe("the RateLimit fields beside the origin's own", () => {
  it("leave them as they are", async () => {
    const { read } = gateway("mine", { ratelimit: '"origin";r=4;t=20' });
    expect((await read())[1]).toBe('"origin";r=4;t=20, "mine";r=2;t=61');
  });

  it("are never looser than one of the same name", async () => {
    const { read } = gateway("both", { ratelimit: '"both";r=1;t=20' });
    expect((await read())[1]).toBe('"both";r=1;t=20');
    expect((await read())[1]).toBe('"both";r=1;t=20');
    expect((await read())[1]).toBe('"both";r=0;t=61');
  });
});
