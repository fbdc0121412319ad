import { describe, expect, it } from "vitest";
import { facts, table } from "../../../scripts/consumers/table.ts";
import { endOf, listed, metadataOf, secondsOf } from "../../../scripts/consumers/values.ts";

const NOW = Date.UTC(2026, 10, 21);

describe("a value of the command line", () => {
  it("is a list", () => {
    expect([listed("a,b c"), listed("")]).toEqual([["a", "b", "c"], []]);
  });

  it("is metadata, of the type that it looks like", () => {
    expect(
      metadataOf(["a=x=y", "b=3", "c=-1.5", "d=true", 'e="3"', "f=", "g=007", "h=1e999", "i=+3"]),
    ).toEqual({
      a: "x=y",
      b: 3,
      c: -1.5,
      d: true,
      e: "3",
      f: "",
      g: "007",
      h: "1e999",
      i: "+3",
    });
  });

  it("is an end: a time, or a duration from now on", () => {
    expect(endOf("90d", NOW)).toBe("2027-02-19T00:00:00.000Z");
    expect(endOf("2027-01-31T12:00:00+01:00", NOW)).toBe("2027-01-31T12:00:00+01:00");
    for (const text of ["tomorrow", "2027-01-31", "2027-01-31T12:00:00"])
      expect(() => endOf(text, NOW)).toThrow("is no end");
    expect(secondsOf("1h", "--overlap")).toBe(3_600);
  });
});

describe("a table", () => {
  it("is aligned by characters, and ends no line with spaces", () => {
    const rows = [
      ["a", "𝔸cme", undefined],
      ["long-id", "x", ["r1", "r2"]],
    ];
    expect(table(["ID", "NAME", "ROLES"], rows)).toBe(
      "ID       NAME  ROLES\na        𝔸cme\nlong-id  x     r1, r2",
    );
    expect(table(["ID"], [])).toBe("");
    expect(facts({ id: "a", plan: undefined, created: "now" })).toBe("id       a\ncreated  now");
  });

  it("holds nothing that a terminal obeys", () => {
    const evil = "\u001b[2Jcleared\u0007\u202eright to left\nnext";
    expect(table(["A"], [[evil]])).toBe("A\n\\u001b[2Jcleared\\u0007\\u202eright to left\\u000anext");
  });
});
