import { describe, expect, it } from "vitest";
import { addRateLimitFields, rateLimitFields, wholeSeconds } from "../../src/limits/ratelimit-fields.ts";

const burst = { name: "burst", limit: 100, window: 60, remaining: 50, reset: 30 };
const daily = { name: "daily", limit: 1_000, window: 86_400, remaining: 0, reset: 7_200 };

describe("rateLimitFields", () => {
  it("writes the fields as the draft has them", () => {
    expect(rateLimitFields([burst])).toEqual([
      ["RateLimit-Policy", '"burst";q=100;w=60'],
      ["RateLimit", '"burst";r=50;t=30'],
    ]);
  });

  it("writes several limits as a list", () => {
    expect(rateLimitFields([burst, daily])).toEqual([
      ["RateLimit-Policy", '"burst";q=100;w=60, "daily";q=1000;w=86400'],
      ["RateLimit", '"burst";r=50;t=30, "daily";r=0;t=7200'],
    ]);
  });

  it("writes nothing for no limits, since an empty list cannot be written", () => {
    expect(rateLimitFields([])).toEqual([]);
  });
});

describe("addRateLimitFields", () => {
  it("keeps an origin's own limits and adds ours", () => {
    const headers = new Headers({ "RateLimit-Policy": '"origin";q=5;w=1', RateLimit: '"origin";r=1;t=1' });
    addRateLimitFields(headers, [burst]);
    expect(headers.get("RateLimit-Policy")).toBe('"origin";q=5;w=1, "burst";q=100;w=60');
    expect(headers.get("RateLimit")).toBe('"origin";r=1;t=1, "burst";r=50;t=30');
  });

  it.each([
    ["the origin's", '"burst";r=3;t=9', '"burst";r=3;t=9'],
    ["the origin's of as many", '"burst";r=50;t=9', '"burst";r=50;t=9'],
    ["ours", '"burst";r=51;t=9', '"burst";r=50;t=30'],
    ["ours where the origin's says nothing", '"burst";t=9', '"burst";r=50;t=30'],
    [
      "ours, in its place among others",
      '"a,\\"burst\\"";r=1;t=1, "burst";pk="x;r=0, y";r=99, "z";r=2;t=2',
      '"a,\\"burst\\"";r=1;t=1, "burst";r=50;t=30, "z";r=2;t=2',
    ],
  ])("of two items of one name keeps the stricter: %s", (_, own, expected) => {
    const headers = new Headers({ RateLimit: own });
    addRateLimitFields(headers, [burst]);
    expect(headers.get("RateLimit")).toBe(expected);
  });

  it("keeps the stricter policy of one name", () => {
    const headers = new Headers({ "RateLimit-Policy": '"burst";q=500;w=1, "daily";q=10;w=86400' });
    addRateLimitFields(headers, [burst, daily]);
    expect(headers.get("RateLimit-Policy")).toBe('"burst";q=100;w=60, "daily";q=10;w=86400');
  });

  it("takes no time for a field made to take long", () => {
    const own = `"burst";r=9, ${'"'.repeat(20_001)}${'\\"'.repeat(20_000)}`;
    const headers = new Headers({ RateLimit: own });
    const before = performance.now();
    addRateLimitFields(headers, [burst]);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it("leaves an origin's field of an older draft readable", () => {
    const headers = new Headers({ RateLimit: "limit=100, remaining=1, reset=5" });
    addRateLimitFields(headers, [burst]);
    expect(headers.get("RateLimit")).toBe("limit=100, remaining=1, reset=5");
    expect(headers.get("RateLimit-Policy")).toBe('"burst";q=100;w=60');
  });
});

describe("wholeSeconds", () => {
  it.each([
    [0, 0],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
  ])("rounds %d ms up to %d s", (ms, seconds) => {
    expect(wholeSeconds(ms)).toBe(seconds);
  });
});
