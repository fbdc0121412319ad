import { describe, expect, it } from "vitest";
import { compileExpression, compilePath } from "../../../src/authorization/language/compile.ts";

function mistake(text: string): string {
  const compiled = compileExpression(text);
  return "error" in compiled ? compiled.error : `none: ${JSON.stringify(compiled)}`;
}

describe("a mistake in an expression", () => {
  it.each([
    [
      'identity.role has "staff"',
      'there is no "identity.role" at character 1. Did you mean "identity.roles"?',
    ],
    [
      'identty.roles has "staff"',
      'there is no "identty.roles" at character 1. Did you mean "identity.roles"?',
    ],
    [
      'true and request.metod == "GET"',
      'there is no "request.metod" at character 10. Did you mean "request.method"?',
    ],
    [
      'request.header.x == "1"',
      'there is no "request.header.x" at character 1. Did you mean "request.headers.x"?',
    ],
    ['identity.claims == "x"', '"identity.claims" needs a name after it at character 1'],
    ['request.query.a.b == "x"', /^there is no "request\.query\.a\.b"/],
    ['identity["roles.x"] == "x"', /^there is no/],
    ['request.headers["a b"] == "x"', '"a b" is no header name at character 1'],
    ['staff == "x"', /^there is no "staff" at character 1\. Names begin with "request\." or "identity\."/],
    ["identity.roles has staff", /^there is no "staff" at character 20/],
    ['request.method = "GET"', 'unexpected "=" at character 16. Write "==".'],
    ["true && false", 'unexpected "&" at character 6. Write "and".'],
    ["true || false", 'unexpected "|" at character 6. Write "or".'],
    ["!true", 'unexpected "!" at character 1. Write "not".'],
    [
      "request.method",
      "request.method alone is no condition at character 1. Compare it, such as with == true.",
    ],
    ["identity.claims.admin", /alone is no condition/],
    ['"x"', 'the string "x" alone is no condition at character 1. Compare it, such as with == true.'],
    ["", "the expression ends too early at character 1"],
    ["true and", "the expression ends too early at character 9"],
    ["(true", 'the expression ends too early at character 6. ")" belongs here.'],
    ["true)", 'unexpected ")" at character 5. Join conditions with "and" or "or".'],
    ["true true", /^unexpected "true" at character 6/],
    ['request.method == "GET', "a string without its end at character 19"],
    ['request.method == "\\n"', /^a backslash stands before a quote/],
    ["request.method == 1", "request.method never equals the number 1 at character 16"],
    ['1 < "2"', 'the string "2" cannot stand right of < at character 5'],
    ['request.path > "a"', "request.path cannot stand left of > at character 1"],
    ["1 < 2 < 3", /^unexpected "<" at character 7\. Two comparisons/],
    [
      'identity.roles == "x"',
      /^identity\.roles cannot stand left of == at character 1\. Ask what a list holds/,
    ],
    ['request.method has "G"', "request.method cannot stand left of has at character 1"],
    ['request.method in "GET"', /cannot stand right of in/],
    ["request.method in []", "an empty list holds nothing at character 19"],
    ['request.method in ["a", 1]', "a list holds values of one type at character 19"],
    [
      'request.address == "10.0.0.1"',
      /cannot stand left of == at character 1\. Addresses are compared with in cidr/,
    ],
    ['request.address in ["10.0.0.1"]', /cannot stand left of in at character 1\. Addresses/],
    ['request.host in cidr("10.0.0.0/8")', /^cidr\(…\) stands right of an address/],
    ['cidr("10.0.0.0/8") == "x"', /^cidr\(…\) stands right of an address/],
    ['request.address in cidr("10.0.0.1/8")', /^"10\.0\.0\.1\/8" is no network at character 25/],
    ['request.address in cidr("010.0.0.0/8")', /is no network/],
    ["request.address in cidr()", /belongs here/],
    ["(true and true) == true", /^a condition cannot be compared/],
    ["identity.claims.2fa == true", /^unexpected/],
    ["1.2.3 == 1", /^unexpected|never|belongs/],
  ])("%s is told with its place and what was meant", (text, expected) => {
    if (typeof expected === "string") expect(mistake(text)).toBe(expected);
    else expect(mistake(text)).toMatch(expected);
  });

  it("is one that is too long, too deep or of too many parts", () => {
    expect(mistake(`"${"x".repeat(2_000)}" == "x"`)).toMatch(/at most 2000 characters/);
    expect(mistake(`${"(".repeat(33)}true${")".repeat(33)}`)).toBe("more than 32 levels at character 33");
    expect(mistake(`${"not ".repeat(33)}true`)).toMatch(/^more than 32 levels/);
    expect(
      mistake(
        Array.from({ length: 420 }, () => "true")
          .join("or")
          .replaceAll("or", " or "),
      ),
    ).toMatch(/at most|parts/);
    expect(mistake(`request.method in [${Array.from({ length: 420 }, () => '"a"').join(",")}]`)).toMatch(
      /^more than 400 parts/,
    );
    expect(compileExpression(`${"(".repeat(32)}true${")".repeat(32)}`)).toEqual({ always: true });
  });
});

describe("the name of a value", () => {
  it("is compiled alone", () => {
    expect(compilePath("identity.claims.org.id")).toEqual({ path: ["identity", "claims", "org", "id"] });
    expect(compilePath("request.headers.X-Org")).toEqual({ path: ["request", "headers", "x-org"] });
    expect(compilePath('"x"')).toEqual({ error: expect.stringMatching("the name of a value belongs here") });
    expect(compilePath("identity.sub")).toMatchObject({ error: expect.stringContaining('"identity.sub"') });
  });
});
