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
