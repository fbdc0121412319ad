import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareSpecificity, contains, overlaps } from "../../src/match/compare-patterns.ts";
import { type PathPattern, parsePathPattern } from "../../src/match/pattern.ts";
import { createRouter } from "../../src/match/router.ts";
import { buildTrie } from "../../src/match/trie.ts";

function path(text: string): PathPattern {
  const pattern = parsePathPattern(text);
  if ("error" in pattern) throw new Error(pattern.error);
  return pattern;
}

describe("overlaps", () => {
  it.each([
    ["/a", "/a", true],
    ["/a", "/b", false],
    ["/a", "/a/", false],
    ["/a/", "/a/:x", false],
    ["/a/", "/:x/", true],
    ["/:x", "/a", true],
    ["/:x", "/", false],
    ["/:x/b", "/a/:y", true],
    ["/:x/b", "/a/c", false],
    ["/*", "/a/b/c", true],
    ["/*", "/", true],
    ["/a/*", "/a", false],
    ["/a/*", "/a/", true],
    ["/a/*", "/:x/:y/z", true],
    ["/a/*", "/b/*", false],
    ["/:x{\\d+}", "/42", true],
    ["/:x{\\d+}", "/me", false],
    ["/:x{\\d+}", "/:y", true],
    ["/:x{\\d+}", "/:y{[a-z]+}", true],
    ["/:x{cats|dogs}", "/:y{birds}", false],
    ["/:x{cats|dogs}", "/:y{[a-d]+s}", false],
    ["/:x{cats|dogs}", "/:y{c[a-z]+}", true],
    ["/a%20b", "/:x{a b}", true],
  ])("of %s and %s: %j", (a, b, expected) => {
    expect(overlaps(path(a), path(b))).toBe(expected);
    expect(overlaps(path(b), path(a))).toBe(expected);
  });
});

describe("contains", () => {
  it.each([
    ["/admin/*", "/admin/users/:id", true],
    ["/admin/*", "/admin/", true],
    ["/admin/*", "/admin/*", true],
    ["/admin/*", "/admin", false],
    ["/admin/*", "/:x/users", false],
    ["/admin/*", "/*", false],
    ["/*", "/:x", true],
    ["/:x", "/a", true],
    ["/a", "/:x", false],
    ["/:x", "/:y", true],
    ["/:x", "/:y{\\d+}", true],
    ["/:x{\\d+}", "/:y", false],
    ["/:x{\\d+}", "/:y{\\d+}", true],
    ["/:x{\\d+}", "/:y{1|22}", true],
    ["/:x{\\d+}", "/:y{1|b}", false],
    ["/:x{\\d+}", "/42", true],
    ["/:x{\\d+}", "/me", false],
    ["/:x", "/", false],
    ["/:x", "/*", false],
    ["/:x/:y", "/a", false],
    ["/a", "/a/b", false],
  ])("of %s and %s: %j", (outer, inner, expected) => {
    expect(contains(path(outer), path(inner))).toBe(expected);
  });
});

it("compareSpecificity orders as the router tries", () => {
  const sorted = ["/a/b", "/a/:x{\\d+}", "/a/:x", "/a/*", "/:x{\\d+}/b", "/:x/b", "/:x/:y", "/:x/*", "/*"];
  expect(sorted.map(path).toReversed().toSorted(compareSpecificity)).toEqual(sorted.map(path));
  expect(compareSpecificity(path("/:a{\\d+}"), path("/:b{[a-z]+}"))).toBe(0);
});

it("overlaps and contains never say less than the router finds", () => {
  const matches = (pattern: PathPattern, target: string) =>
    createRouter(buildTrie([{ pattern: { method: "ANY", ...pattern }, index: 0 }])).match("", "GET", target)
      .kind === "found";
  const segment = fc.constantFrom("a", "b", ":p", ":p{a|b}", ":p{[ab]}", ":p{[^a]}");
  const pattern = fc
    .tuple(fc.array(segment, { maxLength: 2 }), fc.constantFrom("a", ":p", "*", ""))
    .map(([start, end]) =>
      path(`/${[...start, end].map((text, index) => text.replace(":p", `:p${index}`)).join("/")}`),
    );
  const target = fc
    .array(fc.constantFrom("a", "b", "c"), { maxLength: 3 })
    .chain((parts) =>
      fc.constantFrom(`/${parts.join("/")}`, parts.length === 0 ? "/" : `/${parts.join("/")}/`),
    );
  fc.assert(
    fc.property(pattern, pattern, target, (a, b, request) => {
      const [one, other] = [matches(a, request), matches(b, request)];
      if (one && other) expect(overlaps(a, b)).toBe(true);
      if (contains(a, b) && other) expect(one).toBe(true);
    }),
    { numRuns: 3000 },
  );
});
