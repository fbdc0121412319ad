import { describe, expect, it } from "vitest";
import { pathMatcher } from "../../src/match/path-matcher.ts";

describe("a rule's path", () => {
  it.each([
    ["/admin/*", "/admin/users", true],
    ["/admin/*", "/admin/", true],
    ["/admin/*", "/admin", true],
    ["/admin/*", "/ADMIN/Users/7/", true],
    ["/Admin/*", "/admin/x", true],
    ["/admin/*", "/administrators", false],
    ["/admin/*", "/x/admin", false],
    ["/admin", "/admin/", true],
    ["/admin/", "/Admin", true],
    ["/admin", "/admin/x", false],
    ["/:area/keys", "/x/KEYS/", true],
    ["/:area/keys", "/keys", false],
    ["/:area{a|b}/x", "/B/x", true],
    ["/:area{[a-z]+}", "/ADMIN/", true],
    ["/:area{[a-z]+}", "/7", false],
    ["/*", "/", true],
    ["/*", "/any/thing", true],
    ["/", "/", true],
    ["/", "/a", false],
    ["/b%C3%BCro/*", "/B%C3%9CRO/x", true],
    ["/desk", "/de%C5%BFk", true],
    ["/desk", "/des%E2%84%AA", true],
    ["/stra%C3%9Fe", "/STRASSE", true],
    ["/a,b", "/a%2Cb", true],
  ])("%s covers %s: %j", (match, path, covers) => {
    expect(pathMatcher(match)(path)).toBe(covers);
  });

  it("that cannot be read lets nothing slip past", () => {
    expect(() => pathMatcher("admin")).toThrow("cannot be read");
  });
});
