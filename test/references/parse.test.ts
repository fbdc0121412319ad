import { describe, expect, it } from "vitest";
import { parseTemplate, referencesOf } from "../../src/references/parse.ts";

describe("parseTemplate", () => {
  it.each([
    ["", []],
    ["plain", ["plain"]],
    ["{user}", [["user"]]],
    ["/users/{identity.claims.org}/x", ["/users/", ["identity", "claims", "org"], "/x"]],
    ["{params.*}", [["params", "*"]]],
    [
      "{a.b}{c.0.d-e}",
      [
        ["a", "b"],
        ["c", "0", "d-e"],
      ],
    ],
    ["{headers.x-a_b$}", [["headers", "x-a_b$"]]],
    ['{{"a": "{b.c}"}}', ['{"a": "', ["b", "c"], '"}']],
    ["{{{a.b}}}", ["{", ["a", "b"], "}"]],
    ["{{}}", ["{}"]],
    ["{{a.b}}", ["{a.b}"]],
  ])("reads %s", (text, template) => {
    expect(parseTemplate(text)).toEqual({ template });
  });

  it.each([
    ["a{", 'unbalanced "{" at character 2'],
    ["a}b", 'unbalanced "}" at character 2'],
    ["{a.b", 'unbalanced "{" at character 1'],
    ["{a{b}}", 'unbalanced "{" at character 1'],
    ["x{}", 'empty name in "{}" at character 2'],
    ["{a..b}", "empty name"],
    ["{.a}", "empty name"],
    ["{a.}", "empty name"],
    ["{a b}", '"a b" in "{a b}" at character 1 is no name'],
    ["{a.b/c}", "is no name"],
    ["{ a }", "is no name"],
  ])("refuses %s and says where", (text, error) => {
    expect(parseTemplate(text)).toEqual({ error: expect.stringContaining(error) });
  });
});

it("referencesOf lists references in order", () => {
  expect(referencesOf({ template: ["x", ["a", "b"], "y", ["c"]] })).toEqual([["a", "b"], ["c"]]);
});
