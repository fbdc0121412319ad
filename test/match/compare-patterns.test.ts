import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareSpecificity, contains, overlaps } from "../../src/match/compare-patterns.ts";
import { declaredSpelling } from "../../src/match/declared-spelling.ts";
import { pathMatcher } from "../../src/match/path-matcher.ts";
import { isExact, LENIENT, type PathPolicy } from "../../src/match/path-policy.ts";
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

describe("where neither case nor a trailing slash counts", () => {
  it.each([
    ["/a", "/A/", true, true],
    ["/a/*", "/A", true, true],
    ["/a", "/a/*", false, true],
    ["/*", "/", true, true],
    ["/a", "/a/b", false, false],
    ["/:x", "/A/", true, true],
    ["/:x", "/", false, false],
    ["/:x{a|b}", "/A", true, true],
    ["/:x{a|b}", "/:y{B}", true, true],
    ["/:x{A}", "/:y{[a-z]+}", false, true],
    ["/:x{[a-z]+}", "/:y{[a-z]+}", true, true],
    ["/:x{[A-Z]+}", "/b", true, true],
    ["/:x{[^a-z]+}", "/%C3%9F", true, true],
    ["/:x{\\d+}", "/A", false, false],
    ["/stra%C3%9Fe", "/STRASSE", true, true],
  ])("%s and %s: contained %j, overlapping %j", (a, b, isContained, isOverlapping) => {
    expect(contains(path(a), path(b), LENIENT)).toBe(isContained);
    expect(overlaps(path(a), path(b), LENIENT)).toBe(isOverlapping);
    expect(overlaps(path(b), path(a), LENIENT)).toBe(isOverlapping);
  });
});

it("compareSpecificity orders as the router tries", () => {
  const sorted = ["/a/b", "/a/:x{\\d+}", "/a/:x", "/a/*", "/:x{\\d+}/b", "/:x/b", "/:x/:y", "/:x/*", "/*"];
  expect(sorted.map(path).toReversed().toSorted(compareSpecificity)).toEqual(sorted.map(path));
  expect(compareSpecificity(path("/:a{\\d+}"), path("/:b{[a-z]+}"))).toBe(0);
});

it("overlaps never says less than a rule's matcher finds of what a route meets", () => {
  const segment = fc.constantFrom(
    ...["a", "B", "%C3%9F", "ss", ":p", ":p{a|B}", ":p{[ab]}", ":p{[^a]}", ":p{[A-Z]}", ":p{[a-z]+}"],
  );
  const text = fc
    .tuple(segment, fc.constantFrom([], [], ["*"], [""], ["b"]))
    .map(([start, end]) => [start, ...end].map((each) => `/${each}`).join(""));
  const requests = ["a", "A", "b", "ss", "%C3%9F", "c"].flatMap((each) => [
    `/${each}`,
    `/${each}/`,
    `/${each}/B`,
  ]);
  const policy: fc.Arbitrary<PathPolicy> = fc.record({
    trailingSlash: fc.constantFrom("strict", "ignore"),
    case: fc.constantFrom("sensitive", "insensitive"),
  });
  fc.assert(
    fc.property(text, text, policy, (rule, route, paths) => {
      const pattern = { method: "ANY", ...path(route) };
      const router = createRouter(buildTrie([{ pattern, index: 0 }], paths));
      const covers = pathMatcher(rule);
      for (const request of requests) {
        if (router.match("", "GET", request).kind !== "found") continue;
        // The rule is asked about the path as the route declares it.
        const judged = isExact(paths) ? request : declaredSpelling(route)(request);
        if (covers(judged)) expect(overlaps(path(rule), path(route), LENIENT), judged).toBe(true);
      }
    }),
    { numRuns: 5_000 },
  );
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
