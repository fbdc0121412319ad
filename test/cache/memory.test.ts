import { describe, expect, it } from "vitest";
import { memoryResponseCache } from "../../src/cache/memory.ts";
import type { StoredEntry } from "../../src/cache/response-cache.ts";
import { responseCacheContract } from "../contract/response-cache.ts";

responseCacheContract("memory", () => memoryResponseCache(() => 0));

const entry: StoredEntry = {
  status: 200,
  headers: {},
  bornAt: 0,
  freshUntil: 0,
  staleUntil: 0,
  errorUntil: 0,
  vary: [],
  tags: [],
};

describe("memoryResponseCache", () => {
  it("forgets an entry once its time is over", async () => {
    let now = 1_000;
    const cache = memoryResponseCache(() => now);
    await cache.put("https://a/", entry, null, 10);
    now = 10_999;
    expect(await cache.get("https://a/")).toBeDefined();
    now = 11_000;
    expect(await cache.get("https://a/")).toBeUndefined();
  });

  it("drops the longest unused entry when it holds too many", async () => {
    const cache = memoryResponseCache(() => 0, { entries: 2 });
    await cache.put("https://a/", entry, null, 10);
    await cache.put("https://b/", entry, null, 10);
    await cache.get("https://a/");
    await cache.put("https://c/", entry, null, 10);
    expect(await cache.get("https://b/")).toBeUndefined();
    expect(await cache.get("https://a/")).toBeDefined();
    expect(await cache.get("https://c/")).toBeDefined();
  });

  it("drops entries when their bodies are too large together, and counts replaced ones once", async () => {
    const cache = memoryResponseCache(() => 0, { bytes: 10 });
    for (let time = 0; time < 3; time++) await cache.put("https://a/", entry, new Uint8Array(4), 10);
    await cache.put("https://b/", entry, new Uint8Array(6), 10);
    expect(await cache.get("https://a/")).toBeDefined();
    await cache.put("https://c/", entry, new Uint8Array(1), 10);
    expect(await cache.get("https://b/")).toBeUndefined();
    expect(await cache.get("https://c/")).toBeDefined();
  });
});
