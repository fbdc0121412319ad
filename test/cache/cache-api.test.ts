import { describe, expect, it } from "vitest";
import { cacheApiResponseCache } from "../../src/cache/cache-api.ts";
import { responseCacheContract } from "../contract/response-cache.ts";

responseCacheContract("the Cache API", () => cacheApiResponseCache());

describe("cacheApiResponseCache", () => {
  it.each([undefined, "{", "not json"])("takes what it cannot understand for nothing: %s", async (value) => {
    const key = `https://cache.isogate.invalid/foreign/${crypto.randomUUID()}`;
    const headers = new Headers({ "cache-control": "max-age=60" });
    if (value !== undefined) headers.set("isogate-entry", value);
    await caches.default.put(key, new Response("foreign", { headers }));
    expect(await cacheApiResponseCache().get(key)).toBeUndefined();
  });

  it("fails where the platform has no cache", async () => {
    const cache = cacheApiResponseCache(() => {
      throw new Error("no cache here");
    });
    await expect(cache.get("https://cache.isogate.invalid/x")).rejects.toThrow("no cache here");
  });

  it("tells the platform the tags, for its own purge", async () => {
    const key = `https://cache.isogate.invalid/tags/${crypto.randomUUID()}`;
    const entry = {
      status: 404,
      headers: {},
      bornAt: 0,
      freshUntil: 0,
      staleUntil: 0,
      errorUntil: 0,
      vary: [],
    };
    await cacheApiResponseCache().put(key, { ...entry, tags: ["a:1", "b"] }, null, 60);
    const kept = await caches.default.match(key);
    await kept?.body?.cancel();
    expect(kept?.headers.get("cache-tag")).toBe("a:1,b");
  });
});
