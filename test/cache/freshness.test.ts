import { describe, expect, it } from "vitest";
import { ageAt, bornAt } from "../../src/cache/age.ts";
import { type FreshnessRules, judgeFreshness } from "../../src/cache/freshness.ts";

const NOW = Date.parse("Fri, 20 Nov 2026 12:00:00 GMT");
const byOrigin: FreshnessRules = { ttl: "origin", perIdentity: false };
const oneMinute: FreshnessRules = { ttl: 60_000, perIdentity: false };

type Fields = Record<string, string>;

/** Seconds of [fresh, stale while revalidating, stale if error] from now on, or undefined. */
function judge(status: number, fields: Fields, rules: FreshnessRules, born = NOW) {
  const judged = judgeFreshness(status, new Headers(fields), rules, born, NOW);
  return (
    judged && [judged.freshUntil, judged.staleUntil, judged.errorUntil].map((time) => (time - NOW) / 1_000)
  );
}

describe("judgeFreshness by the origin's word", () => {
  const table: Array<[Fields, number[] | undefined]> = [
    [{}, undefined],
    [{ "last-modified": "Fri, 20 Nov 2020 12:00:00 GMT" }, undefined],
    [{ "cache-control": "public" }, undefined],
    [{ "cache-control": "max-age=60" }, [60, 60, 60]],
    [{ "cache-control": "max-age=0" }, undefined],
    [{ "cache-control": "max-age=60, s-maxage=5" }, [5, 5, 5]],
    [{ "cache-control": "max-age=60, private" }, undefined],
    [{ "cache-control": "max-age=60, no-store" }, undefined],
    [{ "cache-control": "max-age=60, no-cache" }, undefined],
    [{ "cache-control": "max-age=60, stale-while-revalidate=10" }, [60, 70, 60]],
    [{ "cache-control": "max-age=0, stale-while-revalidate=10" }, [0, 10, 0]],
    [{ "cache-control": "s-maxage=60, stale-if-error=10" }, [60, 60, 70]],
    [{ "cache-control": "max-age=60, must-revalidate, stale-if-error=10" }, [60, 60, 60]],
    [{ "cache-control": "max-age=60", "set-cookie": "a=1" }, undefined],
    [{ expires: "Fri, 20 Nov 2026 12:01:00 GMT" }, [60, 60, 60]],
    [{ expires: "Fri, 20 Nov 2026 12:01:00 GMT", date: "Fri, 20 Nov 2026 11:59:30 GMT" }, [90, 90, 90]],
    [{ expires: "Fri, 20 Nov 2026 11:00:00 GMT" }, undefined],
    [{ expires: "0" }, undefined],
    [{ expires: "0", "cache-control": "max-age=60" }, [60, 60, 60]],
    [{ "cdn-cache-control": "max-age=9", "cache-control": "no-store" }, [9, 9, 9]],
    [{ "cdn-cache-control": "no-store", "cache-control": "max-age=60" }, undefined],
    [{ "cdn-cache-control": "x", expires: "Fri, 20 Nov 2026 12:01:00 GMT" }, undefined],
  ];
  it.each(table)("%o", (fields, expected) => {
    expect(judge(200, fields, byOrigin)).toEqual(expected);
  });

  it("counts the age a response came with", () => {
    expect(judge(200, { "cache-control": "max-age=60" }, byOrigin, NOW - 40_000)).toEqual([20, 20, 20]);
    expect(judge(200, { "cache-control": "max-age=60" }, byOrigin, NOW - 60_000)).toBeUndefined();
  });

  it.each([200, 203, 300, 301, 308, 404, 410])("stores %d with a lifetime", (status) => {
    expect(judge(status, { "cache-control": "max-age=60" }, byOrigin)).toEqual([60, 60, 60]);
  });

  it.each([201, 202, 204, 206, 302, 304, 307, 400, 401, 403, 429, 500, 503])("never stores %d", (status) => {
    expect(judge(status, { "cache-control": "max-age=60" }, byOrigin)).toBeUndefined();
    expect(judge(status, {}, oneMinute)).toBeUndefined();
  });
});

describe("judgeFreshness by the route's ttl", () => {
  const table: Array<[Fields, number[] | undefined]> = [
    [{}, [60, 60, 60]],
    [{ "cache-control": "max-age=5" }, [60, 60, 60]],
    [{ "cache-control": "max-age=0, no-cache" }, [60, 60, 60]],
    [{ "cache-control": "max-age=600" }, [60, 60, 60]],
    [{ "cache-control": "no-store" }, undefined],
    [{ "cache-control": "private" }, undefined],
    [{ "cache-control": 'private="x-a"' }, undefined],
    [{ "set-cookie": "a=1" }, undefined],
    [{ "cache-control": "stale-while-revalidate=10" }, [60, 70, 60]],
  ];
  it.each(table)("%o", (fields, expected) => {
    expect(judge(200, fields, oneMinute)).toEqual(expected);
  });

  it("counts from arrival, whatever age the response came with", () => {
    expect(judge(200, {}, oneMinute, NOW - 300_000)).toEqual([60, 60, 60]);
  });

  it.each([404, 410, 300])("leaves %d to the origin", (status) => {
    expect(judge(status, {}, oneMinute)).toBeUndefined();
    expect(judge(status, { "cache-control": "max-age=5" }, oneMinute)).toEqual([5, 5, 5]);
  });

  const windows: FreshnessRules = { ...oneMinute, staleWhileRevalidate: 10_000, staleIfError: 20_000 };
  it("adds the route's stale windows, in place of the origin's", () => {
    expect(judge(200, {}, windows)).toEqual([60, 70, 80]);
    expect(judge(200, { "cache-control": "stale-while-revalidate=1, stale-if-error=1" }, windows)).toEqual([
      60, 70, 80,
    ]);
    expect(judge(200, { "cache-control": "s-maxage=5" }, { ...windows, ttl: "origin" })).toEqual([5, 15, 25]);
  });

  it.each(["must-revalidate", "proxy-revalidate", "no-cache"])(
    "gives no stale window against %s",
    (directive) => {
      expect(judge(200, { "cache-control": directive }, windows)).toEqual([60, 60, 60]);
    },
  );
});

describe("judgeFreshness for an identity's own answers", () => {
  const own: FreshnessRules = { ...oneMinute, perIdentity: true };
  it("stores what is private, but no cookies and nothing that must not be stored", () => {
    expect(judge(200, { "cache-control": "private" }, own)).toEqual([60, 60, 60]);
    expect(judge(200, { "cache-control": "private, no-store" }, own)).toBeUndefined();
    expect(judge(200, { "cache-control": "private", "set-cookie": "a=1" }, own)).toBeUndefined();
  });
});

describe("age", () => {
  const table: Array<[Fields, number, number]> = [
    [{}, 0, 0],
    [{ age: "30" }, 0, 30],
    [{ age: "30" }, 2_000, 32],
    [{ age: "30, 5" }, 0, 30],
    [{ age: "-3" }, 0, 0],
    [{ age: "soon" }, 0, 0],
    [{ date: "Fri, 20 Nov 2026 11:59:00 GMT" }, 0, 60],
    [{ date: "Fri, 20 Nov 2026 11:59:00 GMT", age: "90" }, 0, 90],
    [{ date: "Fri, 20 Nov 2026 12:05:00 GMT" }, 0, 0],
    [{ date: "yesterday" }, 0, 0],
  ];
  it.each(table)("of %o after a delay of %d ms is %d s", (fields, delay, expected) => {
    const born = bornAt(new Headers(fields), NOW - delay, NOW);
    expect(ageAt(born, NOW)).toBe(expected);
    expect(ageAt(born, NOW + 10_999)).toBe(expected + 10);
  });

  it("is never below zero, should the clock step back", () => {
    expect(ageAt(NOW, NOW - 5_000)).toBe(0);
  });
});
