import { describe, expect, it } from "vitest";
import { type BareItem, serialiseItem, serialiseList, token } from "../../src/http/structured-fields.ts";

describe("serialiseItem", () => {
  it.each<[BareItem, string]>([
    ["burst", '"burst"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["", '""'],
    [0, "0"],
    [-42, "-42"],
    [999_999_999_999_999, "999999999999999"],
    [1.5, "1.5"],
    [0.1234, "0.123"],
    [-2.25, "-2.25"],
    [0.0001, "0.0"],
    [true, "?1"],
    [false, "?0"],
    [new Uint8Array([1, 2, 255]), ":AQL/:"],
    [token("hit"), "hit"],
    [token("*a/b:c"), "*a/b:c"],
  ])("writes %j as %s", (value, text) => {
    expect(serialiseItem([value])).toBe(text);
  });

  it("writes parameters in order, true ones by their key alone", () => {
    expect(serialiseItem(["burst", { q: 100, w: 60, shared: true, exact: false, by: token("ip") }])).toBe(
      '"burst";q=100;w=60;shared;exact=?0;by=ip',
    );
  });

  it.each<[string, BareItem]>([
    ["a newline", "a\nb"],
    ["a letter beyond ASCII", "é"],
    ["DEL", "\x7f"],
    ["a number that is too large", 1e15],
    ["infinity", Number.POSITIVE_INFINITY],
    ["not a number", Number.NaN],
    ["a token with a blank", token("a b")],
    ["a token that begins with a digit", token("1a")],
    ["an empty token", token("")],
  ])("refuses %s", (_, value) => {
    expect(() => serialiseItem([value])).toThrow(TypeError);
    expect(() => serialiseItem([1, { key: value }])).toThrow(TypeError);
  });

  it.each(["Key", "1a", "", "a b", "a=b"])("refuses the key %j", (key) => {
    expect(() => serialiseItem([1, { [key]: 1 }])).toThrow(TypeError);
  });
});

it("serialiseList joins its members", () => {
  expect(serialiseList([["a", { r: 1 }], [token("b")]])).toBe('"a";r=1, b');
  expect(serialiseList([])).toBe("");
});
