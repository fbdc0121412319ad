import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDictionary } from "../../src/http/structured-field-parser.ts";
import {
  type InnerList,
  serialiseInnerList,
  serialiseItem,
  token,
} from "../../src/http/structured-fields.ts";

/** A dictionary as it would be written. */
function written(text: string): string | undefined {
  const members = parseDictionary(text);
  if (members === undefined) return undefined;
  return [...members]
    .map(([key, member]) => {
      const list = "items" in member;
      const value = list
        ? serialiseInnerList(member)
        : serialiseItem([member.value, Object.fromEntries(member.parameters)]);
      return `${key}=${value}`;
    })
    .join(", ");
}

describe("a dictionary", () => {
  it.each([
    ["", ""],
    ["  ", ""],
    ["a=1", "a=1"],
    ["a=1 \t", "a=1"],
    [" a=1,b=2 \t,\t c=3 ", "a=1, b=2, c=3"],
    ["a", "a=?1"],
    ["a;x", "a=?1;x"],
    ["a=?0; x=?1;y=?0", "a=?0;x;y=?0"],
    ['a="x\\"y\\\\z"', 'a="x\\"y\\\\z"'],
    ["a=:AQL/:", "a=:AQL/:"],
    ["a=::", "a=::"],
    ["a=-12.5", "a=-12.5"],
    ["*a_b-c.d=tok/en:*", "*a_b-c.d=tok/en:*"],
    ["a=()", "a=()"],
    ['a=( "x" "y";sf  1 );created=1;keyid="k"', 'a=("x" "y";sf 1);created=1;keyid="k"'],
    ["a=999999999999999", "a=999999999999999"],
  ])("%j is %j", (text, want) => {
    expect(written(text)).toBe(want);
  });

  it.each([
    "a=",
    "a =1",
    "a= 1",
    "A=1",
    "1=a",
    "a=1,",
    ",a=1",
    "a=1 b=2",
    "a=1,,b=2",
    "\ta=1",
    "a=1,a=2",
    "a=1;b=1;b=2",
    "a=1;=2",
    "a=1;B=2",
    'a="',
    'a="x',
    'a="\\x"',
    'a="\u00e9"',
    'a="x\ny"',
    "a='x'",
    "a=:AQ",
    "a=:A:",
    "a=:=AQ=:",
    "a=:A-_A:",
    "a=?2",
    "a=?",
    "a=1.",
    "a=.1",
    "a=--1",
    "a=1.2345",
    "a=1000000000000000",
    "a=1000000000000.5",
    "a=1e3",
    "a=(",
    'a=("x"',
    'a=("x""y")',
    'a=("x",)',
    'a=(("x"))',
    'a=("x"\t"y")',
    "a=@1618884473",
    'a=%"x"',
    "a={}",
    "\u0000",
  ])("%j is none", (text) => {
    expect(parseDictionary(text)).toBeUndefined();
  });

  it("is read as it was written", () => {
    const key = fc.stringMatching(/^[a-z*][a-z0-9_\-.*]{0,4}$/);
    const bare = fc.oneof(
      fc.stringMatching(/^[\x20-\x7e]{0,8}$/),
      fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }).map((value) => value || 0),
      fc.boolean(),
      fc.uint8Array({ maxLength: 8 }),
      fc.stringMatching(/^[A-Za-z*][A-Za-z0-9:/!]{0,4}$/).map(token),
    );
    const parameters = fc.dictionary(key, bare).map((record) => new Map(Object.entries(record)));
    const list = fc.record({ items: fc.array(fc.record({ value: bare, parameters })), parameters });
    fc.assert(
      fc.property(list, (each: InnerList) => {
        expect(parseDictionary(`a=${serialiseInnerList(each)}`)?.get("a")).toEqual(each);
      }),
    );
  });

  it("of any text is read in no time, or is none", () => {
    fc.assert(fc.property(fc.string({ maxLength: 50 }), (text) => void parseDictionary(text)));
    const started = performance.now();
    for (const part of ['("', "(", ";a", "a=1,", '"\\', ":A", " ", "-"])
      parseDictionary(`a=${part.repeat(8_000)}`);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
