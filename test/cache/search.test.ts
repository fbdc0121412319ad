import { describe, expect, it } from "vitest";
import { pickSearch, sortSearch } from "../../src/cache/search.ts";

describe("sortSearch", () => {
  const table: Array<[string, string]> = [
    ["", ""],
    ["?", ""],
    ["?a", "?a"],
    ["?b=1&a=2", "?a=2&b=1"],
    ["?a=2&b=1", "?a=2&b=1"],
    ["?b=2&a=1&b=1", "?a=1&b=2&b=1"],
    ["?a=1&&b=2&", "?a=1&b=2"],
    ["?&", ""],
    ["?ab=1&a=2", "?a=2&ab=1"],
    ["?a==&a=%26", "?a==&a=%26"],
    ["?%61=1&a=2", "?%61=1&a=2"],
  ];
  it.each(table)("%s becomes %s", (search, expected) => {
    expect(sortSearch(search)).toBe(expected);
  });
});

describe("pickSearch", () => {
  const pick = (search: string, ...names: string[]) => pickSearch(new URLSearchParams(search), names);

  it("takes the declared parameters, in declared order, all their values", () => {
    expect(pick("?b=2&utm=x&a=1&b=1", "a", "b", "c")).toBe("?a=1&b=2&b=1");
    expect(pick("?utm=x", "a")).toBe("");
    expect(pick("?a", "a")).toBe("?a=");
  });

  it("has one spelling for one value", () => {
    expect(pick("?%61=x+y", "a")).toBe("?a=x%20y");
    expect(pick("?a=x%20y", "a")).toBe("?a=x%20y");
  });

  it("keeps separators within values", () => {
    expect(pick("?a=1%26b%3D2", "a", "b")).toBe("?a=1%26b%3D2");
  });
});
