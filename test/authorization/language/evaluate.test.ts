import { describe, expect, it } from "vitest";
import { compileExpression } from "../../../src/authorization/language/compile.ts";
import { condition } from "../../../src/authorization/language/evaluate.ts";
import { Ambiguous } from "../../../src/authorization/language/read.ts";
import { type Shown, seen } from "./seen.ts";

function holds(text: string, shown: Shown = {}): boolean {
  const compiled = compileExpression(text);
  if ("error" in compiled) throw new Error(compiled.error);
  // As it comes out of the bundle.
  return condition(JSON.parse(JSON.stringify(compiled)))(seen(shown));
}

describe("an expression", () => {
  const ada = {
    identity: { roles: ["staff"], claims: { org: "tea", level: 3, on: true, teams: ["a", "b"] } },
  };

  it.each([
    ['request.method == "GET"', true],
    ["request.method == 'POST'", false],
    ['request.method != "POST"', true],
    ['request.method in ["GET", "HEAD"]', true],
    ['request.scheme == "https" and request.host == "api.example"', true],
    ['identity.roles has "staff"', true],
    ['"staff" in identity.roles', true],
    ['identity.scopes has "write"', false],
    ["identity.claims.level >= 3", true],
    ["identity.claims.level > 3", false],
    ["identity.claims.level < 3.5 and identity.claims.level <= 3", true],
    ["identity.claims.level in [1, 2, 3]", true],
    ["identity.claims.on == true", true],
    ['identity.claims.teams has "b"', true],
    ['"c" in identity.claims.teams', false],
    ['identity.issuer startsWith "https://"', true],
    ['identity.subject endsWith "da"', true],
    ["true", true],
    ["not true", false],
    ["not not true", true],
    ["true or true and false", true],
    ["(true or true) and false", false],
    ["not false and false", false],
  ])("%s is %s", (text, expected) => {
    expect(holds(text, ada)).toBe(expected);
  });

  it("sees parameters, the query and headers of the request", () => {
    const shown = {
      params: { org: "tea" },
      search: "?org=tea&x=1",
      headers: { "X-Org": "tea" },
      path: "/o/tea",
    };
    expect(holds("request.params.org == request.query.org", shown)).toBe(true);
    expect(holds("request.headers.x-org == request.params.org", shown)).toBe(true);
    expect(holds('request.headers["X-ORG"] == "tea"', shown)).toBe(true);
    expect(holds('request.path startsWith "/o/"', shown)).toBe(true);
    expect(holds("request.params.org == identity.claims.org", shown)).toBe(true);
  });

  it("finds claims below claims and under names of any kind", () => {
    const claims = { "https://a.example/roles": ["x"], deep: { er: { yes: true } }, and: "word" };
    expect(holds('identity.claims["https://a.example/roles"] has "x"', { identity: { claims } })).toBe(true);
    expect(holds("identity.claims.deep.er.yes == true", { identity: { claims } })).toBe(true);
    expect(holds('identity.claims.and == "word"', { identity: { claims } })).toBe(true);
    expect(holds("identity.claims.deep.er.yes.more == true", { identity: { claims } })).toBe(false);
  });

  it.each([
    ["10.1.2.3", true],
    ["::ffff:10.1.2.3", true],
    ["2001:db8:0:0::7", true],
    ["11.1.2.3", false],
    ["2001:db9::", false],
    ["", false],
    ["rubbish", false],
  ])("knows whether %s lies in a network", (address, expected) => {
    expect(holds('request.address in cidr("10.0.0.0/8", "2001:db8::/32")', { address })).toBe(expected);
  });

  it.each([
    'identity.claims.nobody == "x"',
    'identity.claims.nobody != "x"',
    "identity.claims.nobody == identity.claims.nowhere",
    "identity.claims.nobody < 1",
    "identity.claims.nobody >= 0",
    'identity.claims.nobody has "x"',
    '"x" in identity.claims.nobody',
    'identity.claims.nobody startsWith ""',
    'identity.claims.toString != ""',
    'identity.claims.constructor.name != ""',
    'identity.claims.__proto__.x != ""',
    'identity.claims.list == "x"',
    'identity.claims.list != "x"',
    'identity.claims.object != "x"',
    'identity.claims.nothing != "x"',
    "identity.claims.text > 1",
    'identity.claims.text has "x"',
    'identity.consumer != "x"',
    'request.headers.x-none != ""',
    'request.query.none != ""',
    'request.params.toString != ""',
  ])("%s is false where there is nothing to compare, and no error", (text) => {
    const identity = { claims: { list: ["x"], object: {}, nothing: null, text: "xx" } };
    expect(holds(text, { identity })).toBe(false);
    expect(holds(`not (${text})`, { identity })).toBe(true);
    expect(holds(text, { identity: null })).toBe(false);
  });

  it("compares values of one type: a text is no number", () => {
    const identity = { claims: { level: "3", flag: "true" } };
    expect(holds("identity.claims.level == 3", { identity })).toBe(false);
    expect(holds("identity.claims.level < 9", { identity })).toBe(false);
    expect(holds("identity.claims.flag == true", { identity })).toBe(false);
  });

  it("does not choose between two values of one parameter", () => {
    expect(() => holds('request.query.org == "tea"', { search: "?org=tea&org=coffee" })).toThrow(Ambiguous);
    expect(() => holds('not (request.query.org == "tea")', { search: "?org=tea&%6frg=tea" })).toThrow(
      Ambiguous,
    );
    expect(holds('request.query.org == "tea"', { search: "?org=tea&orgs=coffee" })).toBe(true);
  });
});
