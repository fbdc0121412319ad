import { describe, expect, it } from "vitest";
import { type GoverningDirectives, governingDirectives } from "../../src/cache/directives.ts";

const nothing: GoverningDirectives = {
  noStore: false,
  private: false,
  noCache: false,
  mustRevalidate: false,
  lifetime: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
  targeted: false,
};

describe("governingDirectives", () => {
  const cacheControl: Array<[string, Partial<GoverningDirectives>]> = [
    ["", {}],
    ["max-age=60", { lifetime: 60 }],
    ["Max-Age=60", { lifetime: 60 }],
    ["max-age = 60", { lifetime: 60 }],
    ['max-age="60"', { lifetime: 60 }],
    ["max-age=60, s-maxage=10", { lifetime: 10 }],
    ["s-maxage=10,max-age=60", { lifetime: 10 }],
    ["max-age=10, max-age=5", { lifetime: 5 }],
    ["max-age=5, max-age=10", { lifetime: 5 }],
    ["max-age=-1", { lifetime: 0 }],
    ["max-age=1.5", { lifetime: 0 }],
    ["max-age", { lifetime: 0 }],
    ["max-age=99999999999999999999", { lifetime: 2 ** 31 }],
    ["no-store", { noStore: true }],
    ["NO-STORE", { noStore: true }],
    [", ,no-store,", { noStore: true }],
    ["private", { private: true }],
    ['private="set-cookie, x"', { private: true }],
    ['private="broken, max-age=5', { private: true, lifetime: 5 }],
    ['no-cache="x"', { noCache: true }],
    ["must-revalidate", { mustRevalidate: true }],
    ["proxy-revalidate", { mustRevalidate: true }],
    ['x="no-store", max-age=1', { lifetime: 1 }],
    ['x="a\\", no-store", max-age=1', { lifetime: 1 }],
    ["x-no-store, max-age=1", { lifetime: 1 }],
    ["stale-while-revalidate=30, stale-if-error=40", { staleWhileRevalidate: 30, staleIfError: 40 }],
  ];
  it.each(cacheControl)("reads Cache-Control: %s", (value, expected) => {
    expect(governingDirectives(new Headers({ "cache-control": value }))).toEqual({ ...nothing, ...expected });
  });

  const targeted: Array<[string, Partial<GoverningDirectives>]> = [
    ["max-age=60", { lifetime: 60 }],
    ["max-age=60;x=1, stale-if-error=5", { lifetime: 60, staleIfError: 5 }],
    ["no-store", { noStore: true }],
    ["private;x", { private: true }],
    ["no-store=?0, max-age=1", { lifetime: 1 }],
    ["no-store=?1", { noStore: true }],
    ["max-age=1, max-age=9", { lifetime: 9 }],
    ["max-age=token", { lifetime: 0 }],
    ['x="a, no-store", max-age=1', { lifetime: 1 }],
    ["unknown", {}],
  ];
  it.each(targeted)("lets CDN-Cache-Control: %s speak alone", (value, expected) => {
    const headers = new Headers({ "cdn-cache-control": value, "cache-control": "no-store, max-age=7" });
    expect(governingDirectives(headers)).toEqual({ ...nothing, targeted: true, ...expected });
  });

  it.each(["", "max-age=60,", "Max-Age=60", "max-age=(1 2)", 'max-age="60', "max-age=60 no-store", "=1"])(
    "ignores a CDN-Cache-Control that is no dictionary: %s",
    (value) => {
      const headers = new Headers({ "cdn-cache-control": value, "cache-control": "max-age=7" });
      expect(governingDirectives(headers)).toEqual({ ...nothing, lifetime: 7 });
    },
  );
});
