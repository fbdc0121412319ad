import { describe, expect, it } from "vitest";
import { declaredSpelling } from "../../src/match/declared-spelling.ts";

describe("the declared spelling", () => {
  it.each([
    ["/", "/", "/"],
    ["/Shop", "/shop/", "/Shop"],
    ["/Shop/", "/SHOP", "/Shop/"],
    ["/a/:id", "/A/Tea/", "/a/Tea"],
    ["/a/:id{[A-Z]+}/B", "/A/X/b", "/a/X/B"],
    ["/a/*", "/A/B/c//".slice(0, -1), "/a/B/c/"],
    ["/a/*", "/A", "/a/"],
    ["/a/*", "/a/", "/a/"],
    ["/*", "/Any/Thing/", "/Any/Thing/"],
    ["/*", "/", "/"],
    ["/n%65w/caf%c3%a9", "/NEW/CAF%C3%89", "/new/caf%C3%A9"],
    ["/a,b", "/A%2CB", "/a,b"],
    ["/:a/:b", "/%2A/:x", "/%2A/:x"],
  ])("of %s for %s is %s", (pattern, sent, spelt) => {
    expect(declaredSpelling(pattern)(sent)).toBe(spelt);
  });
});
