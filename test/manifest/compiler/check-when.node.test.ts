import { describe, expect, it } from "vitest";
import { checkWhen } from "../../../src/manifest/compiler/check-when.ts";
import { type Finding, Findings } from "../../../src/manifest/compiler/finding.ts";
import { asLine, mistakesIn } from "./judge.ts";

function compiled(when: unknown, method = "POST") {
  const findings: Finding[] = [];
  const result = checkWhen(when, method, new Findings(findings, "index.ts"));
  return findings.length === 0 ? result : findings.map(asLine);
}

describe("a host", () => {
  it.each([
    ["api.example.com", "api.example.com"],
    ["API.Example.COM", "api.example.com"],
    ["*.example.com", "*.example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["*.BÜCHER.example", "*.xn--bcher-kva.example"],
    ["faß.example", "xn--fa-hia.example"],
    ["例え.テスト", "xn--r8jz45g.xn--zckzah"],
    ["XN--bcher-kva.example", "xn--bcher-kva.example"],
    ["localhost", "localhost"],
    ["my_service", "my_service"],
    ["127.0.0.1", "127.0.0.1"],
  ])("%s is compiled to %s", (host, ascii) => {
    expect(compiled({ host })).toEqual({ host: ascii });
  });

  it.each([
    "",
    "*",
    "*.",
    "*.*.example",
    "a.*.example",
    "a..b",
    ".a",
    "a.",
    "bücher.example.",
    "example.com:8080",
    "http://example.com",
    "example.com/x",
    "bücher.example/x",
    "bücher.example?x",
    "bücher.example#x",
    "bücher.example:80",
    "user@bücher.example",
    "a b",
    "b ü",
    "a\tb",
    "%c3%bc.example",
    "[::1]",
    "a\\b",
    "ü\u0000",
    `${"ü".repeat(80)}.example`,
  ])("%j is none", (host) => {
    expect(compiled({ host })).toEqual(["host: is a host name without a port, or *. and a host name"]);
  });
});

describe("a predicate on the body", () => {
  it("is compiled to its path and value", () => {
    const body = { "/a~1b/0": "x", "": { present: true }, "/c": null, "/d": { present: true }, "/e": true };
    expect(compiled({ body })).toEqual({
      body: [[["a/b", "0"], "x"], [[]], [["c"], null], [["d"]], [["e"], true]],
    });
  });

  it.each([
    [{}, "body: names at least one field"],
    [{ a: 1 }, "body → a: is a JSON Pointer such as /order/type (RFC 6901)"],
    [{ "/a~": 1 }, "body → /a~: is a JSON Pointer such as /order/type (RFC 6901)"],
    [
      { "/a": ["x"] },
      "body → /a: is a string, number, boolean or null that the field equals, or { present: true }",
    ],
    [
      { "/a": { present: false } },
      "body → /a: is a string, number, boolean or null that the field equals, or { present: true }",
    ],
  ])("is not %j", (body, finding) => {
    expect(compiled({ body })).toEqual([finding]);
  });

  it("needs a method whose body somebody reads", () => {
    const route = { access: "public", respond: {}, when: { body: { "/a": 1 } } };
    expect(mistakesIn({ "GET /x": route, "HEAD /x": route, "DELETE /x": route, "ANY /x": route })).toEqual([
      "GET /x → when.body: can never hold: nothing reads the body of a GET",
      "HEAD /x → when.body: can never hold: nothing reads the body of a HEAD",
    ]);
  });
});

it("names fields and media types in the one case in which they are compared", () => {
  expect(compiled({ header: { "X-Beta": "Yes" }, content: "Application/JSON" })).toEqual({
    header: { "x-beta": "Yes" },
    content: "application/json",
  });
});
