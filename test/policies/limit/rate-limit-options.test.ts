import { describe, expect, it } from "vitest";
import { options } from "../../../src/policies/limit/rate-limit.ts";

describe("rateLimit options", () => {
  const parse = (written: unknown) => options().safeParse(written);

  it("become plain JSON with the defaults filled in", () => {
    const parsed = options().parse({ limit: 5, window: "90s" });
    expect(JSON.parse(JSON.stringify(parsed))).toEqual({
      limit: 5,
      windowMs: 90_000,
      name: "5-per-90s",
      algorithm: "slidingWindow",
      burst: 5,
      absent: "share",
      countRefused: false,
      counting: "leased",
      cost: 1,
      on: "request",
      count: "all",
      mode: "enforce",
      onStoreFailure: "deny",
    });
  });

  it.each([
    ["1s", "1-per-1s"],
    ["60s", "1-per-1m"],
    ["24h", "1-per-1d"],
    ["90m", "1-per-90m"],
  ])("name a limit of 1 in %s %s", (window, name) => {
    expect(options().parse({ limit: 1, window }).name).toBe(name);
  });

  it("name a limit after its group", () => {
    expect(options().parse({ limit: 1, window: "1s", group: "search" }).name).toBe("search");
    expect(options().parse({ limit: 1, window: "1s", group: "search", name: "own" }).name).toBe("own");
  });

  it.each(["query.count", "headers.x-units", "params.n", "identity.claims.weight", 5] as const)(
    "accept a cost of %s",
    (cost) => {
      expect(parse({ limit: 5, window: "1s", cost }).success).toBe(true);
    },
  );

  it.each([
    "address",
    "route",
    "identity.id",
    "identity.claims.org.id",
    "headers.x-api-key",
    "params.id",
    "query.tenant",
  ])("accept a limit by %s", (key) => {
    expect(parse({ limit: 1, window: "1s", by: [key] }).success).toBe(true);
  });

  it.each([
    ["no limit", { window: "1s" }],
    ["a limit of 0", { limit: 0, window: "1s" }],
    ["a broken limit", { limit: 1.5, window: "1s" }],
    ["a limit whose arithmetic is not exact", { limit: 1e9, window: "1d" }],
    ["a window below a second", { limit: 1, window: "500ms" }],
    ["a window of broken seconds", { limit: 1, window: "1.5s" }],
    ["a window above a day", { limit: 1, window: "2d" }],
    ["an unknown key", { limit: 1, window: "1s", size: 2 }],
    ["more than five values", { limit: 1, window: "1s", by: Array(6).fill("address") }],
    ["nothing to count by", { limit: 1, window: "1s", by: [] }],
    ["braces", { limit: 1, window: "1s", by: ["{address}"] }],
    ["an unknown reference", { limit: 1, window: "1s", by: ["identity.name"] }],
    ["no header name", { limit: 1, window: "1s", by: ["headers."] }],
    ["an impossible header name", { limit: 1, window: "1s", by: ["headers.x y"] }],
    ["a name that would break the field", { limit: 1, window: "1s", name: 'a"b' }],
    ["an unknown failure mode", { limit: 1, window: "1s", onStoreFailure: "ignore" }],
    ["an unknown algorithm", { limit: 1, window: "1s", algorithm: "leakyBucket" }],
    ["a burst of a window", { limit: 1, window: "1s", burst: 2 }],
    ["a burst of no token", { limit: 1, window: "1s", algorithm: "tokenBucket", burst: 0 }],
    ["a bucket that takes months to fill", { limit: 1, window: "1d", algorithm: "tokenBucket", burst: 31 }],
    ["a cost of nothing", { limit: 1, window: "1s", cost: 0 }],
    ["a cost that could never be granted", { limit: 5, window: "1s", cost: 6 }],
    ["a cost above the burst", { limit: 5, window: "1s", algorithm: "tokenBucket", burst: 2, cost: 3 }],
    ["a cost by what is no number", { limit: 5, window: "1s", cost: "identity.id" }],
    ["a cost in braces", { limit: 5, window: "1s", cost: "{query.count}" }],
    ["a cost of failures", { limit: 5, window: "1s", on: "authFailure", cost: 2 }],
    ["failures that reach the origin", { limit: 5, window: "1s", on: "authFailure", count: "origin" }],
    ["a group's name that is no name", { limit: 5, window: "1s", group: "a b" }],
    ["an unknown mode", { limit: 5, window: "1s", mode: "off" }],
  ])("refuse %s", (_, written) => {
    expect(parse(written).success).toBe(false);
  });
});
