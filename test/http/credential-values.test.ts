import { describe, expect, it } from "vitest";
import { credentialValues, parametersOf } from "../../src/http/credential-values.ts";

type Fields = ReadonlyArray<[name: string, value: string]>;

describe("the credentials of an exchange", () => {
  it.each<[string, string, Fields, string[]]>([
    ["none", "/a?page=123456789012", [["accept", "application/json"]], []],
    [
      "a token, with its scheme and without",
      "/",
      [["Authorization", "Bearer abcdef"]],
      ["Bearer abcdef", "abcdef"],
    ],
    ["a key", "/", [["X-API-Key", "k-123456"]], ["k-123456"]],
    [
      "cookies, one by one and together",
      "/",
      [["cookie", "a=1; session=0123456789ab"]],
      ["a=1; session=0123456789ab", "0123456789ab"],
    ],
    ["a cookie that is set", "/", [["Set-Cookie", "s=0123456789ab; Path=/; HttpOnly"]], ["0123456789ab"]],
    [
      "a parameter, encoded and decoded, whatever the spelling of its name",
      "https://a.example/?ACCESS_tok%65n=0123456789a%2B",
      [],
      ["0123456789a%2B", "0123456789a+"],
    ],
    [
      "nothing that may be a plain word",
      "/?token=short",
      [
        ["cookie", "a=1"],
        ["x-api-key", "short"],
      ],
      [],
    ],
  ])("are %s", (_, target, fields, values) => {
    expect(credentialValues(target, fields)).toEqual(values);
  });

  it("are those of other names, where somebody knows more", () => {
    const fields: Fields = [
      ["x-tenant", "tea-shop"],
      ["x-api-key", "k-123456"],
    ];
    expect(credentialValues("/", fields, (name) => name === "x-tenant")).toEqual(["tea-shop"]);
  });
});

it("a target has parameters", () => {
  expect(parametersOf("/a?x=1&Token=a=b&api%5Fkey")).toEqual([
    ["x", "1"],
    ["token", "a=b"],
    ["api_key", ""],
  ]);
  expect(parametersOf("/token=1")).toEqual([]);
});
