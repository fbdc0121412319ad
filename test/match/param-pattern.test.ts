import { describe, expect, it } from "vitest";
import {
  checkParamPattern,
  compileParamPattern,
  inAnyCase,
  literalsOf,
} from "../../src/match/param-pattern.ts";

describe("checkParamPattern takes", () => {
  it.each([
    ["\\d+", "42", "4a"],
    ["[a-z]{2}", "de", "deu"],
    ["[a-z]+-\\d+", "abc-12", "abc12"],
    ["cats|dogs", "dogs", "birds"],
    ["v\\d+", "v12", "w12"],
    ["[0-9a-f]{8}-[0-9a-f]{4}", "0123abcd-00ff", "0123abcd"],
    ["\\d{1,3}", "123", "1234"],
    ["[^.]+\\.json", "a.json", "a.b.json"],
    ["[a-z][a-z0-9-]*", "a-9", "9a"],
    ["a?b", "b", "c"],
    [".+", "anything", ""],
    ["[|]+", "||", "a"],
    ["\\w{2,}", "ab", "a"],
  ])("%s, which matches %s and not %s", (pattern, yes, no) => {
    expect(checkParamPattern(pattern)).toBeUndefined();
    expect(compileParamPattern(pattern).test(yes)).toBe(true);
    expect(compileParamPattern(pattern).test(no)).toBe(false);
  });
});

describe("checkParamPattern refuses", () => {
  it.each([
    ["nothing", ""],
    ["a group", "(ab)"],
    ["a repeated group", "(a+)+"],
    ["a group that captures nothing", "(?:a|a)*"],
    ["a lookahead", "(?=a)b"],
    ["a lookbehind", "(?<=a)b"],
    ["a back-reference", "a\\1"],
    ["a property escape", "\\p{L}+"],
    ["an anchor", "^a$"],
    ["a word boundary", "\\ba"],
    ["a lazy quantifier", "a+?b"],
    ["two quantifiers on one atom", "a{2}{3}"],
    ["two repetitions that overlap", "\\d+\\d+"],
    ["two that overlap in part", "[a-m]+[h-z]+"],
    ["a repetition before a literal it matches", "\\w+z"],
    ["a repetition before any character", "a*.b"],
    ["repetitions with an optional atom between", "a+b?a+"],
    ["many optional atoms", "a?a?a?a?a?aaaaa"],
    ["bounded repetitions that overlap", "a{0,500}a{0,500}b"],
    ["overlap beyond ASCII only", "[^a]+[^b]"],
    ["what matches the empty text", "a*"],
    ["an empty alternative", "a|"],
    ["a bad alternative among good ones", "a|b+b+"],
    ["a count that is empty", "a{3,2}"],
    ["a count of none", "a{0}"],
    ["a huge count", "a{99999}"],
    ["an open class", "[a-z"],
    ["a class out of order", "[z-a]"],
    ["a stray bracket", "a]"],
    ["a slash in a class", "[\\/]\n"],
    ["a letter beyond ASCII", "é+"],
    ["a long one", "a".repeat(201)],
  ])("%s", (_, pattern) => {
    expect(checkParamPattern(pattern)).toEqual(expect.any(String));
  });
});

it.each([
  ["cats|dogs", ["cats", "dogs"]],
  ["one", ["one"]],
  ["\\d+", undefined],
  ["a.b", undefined],
  ["a|b+", undefined],
])("literalsOf %s is %j", (pattern, literals) => {
  expect(literalsOf(pattern)).toEqual(literals);
});

it("checkParamPattern knows what is ambiguous, or means less, only where case does not count", () => {
  for (const pattern of ["[a-z]*[A-Z]", "[a-z]+X", "a+A"]) {
    expect(checkParamPattern(pattern)).toBeUndefined();
    expect(checkParamPattern(pattern, "iu")).toMatch(/could be slow/);
  }
  expect(checkParamPattern("[a-z]+-\\d+", "iu")).toBeUndefined();
  for (const pattern of ["[^a]", "x[^A-Z]+", "[^k]y"]) {
    expect(checkParamPattern(pattern)).toBeUndefined();
    expect(checkParamPattern(pattern, "iu")).toMatch(/one case only/);
  }
  for (const pattern of ["[^.]+\\.json", "[^A-Za-z]+", "\\D", "\\W+", "[^aA]"]) {
    expect(checkParamPattern(pattern, "iu")).toBeUndefined();
  }
  expect(compileParamPattern(inAnyCase("admin|ops")).test("OPS")).toBe(true);
  expect(compileParamPattern(inAnyCase("admin|ops")).test("xOPS")).toBe(false);
});
