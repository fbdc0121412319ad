import { describe, expect, it } from "vitest";
import { accessSchema } from "../../src/identity/access-schema.ts";
import { allOf, anyOf, declareCredential } from "../../src/identity/declare.ts";

const token = declareCredential("jwt", {});
const faults = (access: unknown) =>
  accessSchema()
    .safeParse(access)
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("who may call a route", () => {
  it("is public, a credential, or credentials joined", () => {
    for (const access of [
      "public",
      token,
      token({ scopes: ["a"] }),
      anyOf(token, allOf(token, token)),
    ] as const) {
      expect(accessSchema().parse(access)).toEqual({ always: access });
    }
  });

  it.each<[string, unknown, string[]]>([
    ["a misspelling", "pubilc", [': must be "public", a credential, anyOf(…) or allOf(…)']],
    ["nothing", undefined, [': must be "public", a credential, anyOf(…) or allOf(…)']],
    ["a function", () => true, [': must be "public", a credential, anyOf(…) or allOf(…)']],
    ["a list", [token], [': must be "public", a credential, anyOf(…) or allOf(…)']],
    [
      "both at once",
      { anyOf: [token], allOf: [token] },
      [': must be "public", a credential, anyOf(…) or allOf(…)'],
    ],
    ["nobody", { anyOf: [] }, ["anyOf: must name at least one credential"]],
    [
      "public among credentials",
      { anyOf: [token, "public"] },
      ["anyOf.1: must be a credential, anyOf(…) or allOf(…)"],
    ],
    [
      "a scope that cannot be written into a challenge",
      token({ scopes: ['a" realm="x', "b c"] }),
      [
        "scopes.0: is not a scope: visible ASCII without spaces, quotes and backslashes",
        "scopes.1: is not a scope: visible ASCII without spaces, quotes and backslashes",
      ],
    ],
    [
      "a claim that nothing can equal",
      token({ claims: { org: [] } }),
      ["claims.org: must be a string, number or boolean, or a list of them"],
    ],
  ])("is not %s", (_, access, expected) => {
    expect(faults(access)).toEqual(expected);
  });
});
