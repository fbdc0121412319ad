import { describe, expect, it } from "vitest";
import {
  ifNoneMatch,
  matchesStrongly,
  matchesWeakly,
  parseEntityTag,
  parseEntityTags,
} from "../../src/http/etag.ts";

const strong = (opaque: string) => ({ weak: false, opaque });
const weak = (opaque: string) => ({ weak: true, opaque });

describe("parseEntityTag", () => {
  it.each([
    ['"a"', strong("a")],
    ['W/"a"', weak("a")],
    ['""', strong("")],
  ])("reads %s", (value, tag) => {
    expect(parseEntityTag(value)).toEqual(tag);
  });

  it.each(["", "a", '"a', 'w/"a"', '"a""', '"a b"', "*"])("does not read %j", (value) => {
    expect(parseEntityTag(value)).toBeUndefined();
  });
});

describe("parseEntityTags", () => {
  it.each([
    ["*", "*"],
    ['"a"', [strong("a")]],
    ['"a", W/"b" ,"c,d"', [strong("a"), weak("b"), strong("c,d")]],
    [',, "a",', [strong("a")]],
    ["", []],
  ])("reads %s", (value, tags) => {
    expect(parseEntityTags(value)).toEqual(tags);
  });

  it.each(["a", '"a" "b"', '"a", *', '"a', '"a",b'])("does not read %j", (value) => {
    expect(parseEntityTags(value)).toBeUndefined();
  });
});

describe("RFC 9110 §8.8.3.2, the table of comparisons", () => {
  it.each([
    [weak("1"), weak("1"), false, true],
    [weak("1"), weak("2"), false, false],
    [weak("1"), strong("1"), false, true],
    [strong("1"), strong("1"), true, true],
  ])("%j and %j", (a, b, strongly, weakly) => {
    expect(matchesStrongly(a, b)).toBe(strongly);
    expect(matchesStrongly(b, a)).toBe(strongly);
    expect(matchesWeakly(a, b)).toBe(weakly);
  });
});

describe("ifNoneMatch holds", () => {
  it.each([
    ['"a"', '"a"', false],
    ['W/"a"', '"a"', false],
    ['"a"', 'W/"a"', false],
    ['"b", "a"', '"a"', false],
    ['"b"', '"a"', true],
    ["*", '"a"', false],
    ["*", null, false],
    ['"a"', null, true],
    ["a", '"a"', true],
    ['"a"', "a", true],
  ])("for %s against %s: %j", (value, etag, holds) => {
    expect(ifNoneMatch(value, etag)).toBe(holds);
  });
});
