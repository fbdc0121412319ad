import { describe, expect, it } from "vitest";
import { nameIn, namesIn } from "../../../src/identity/jwt/claim-path.ts";

const claims = {
  roles: ["reader", "", 7, "writer", "\ud800"],
  groups: "a  b",
  realm_access: { roles: ["admin"] },
  "https://shop.example/roles": ["clerk"],
  "a.b": ["literal"],
  a: { b: ["path"] },
  tenant: "acme",
  number: 4,
};

describe("names in claims", () => {
  it.each([
    ["roles", ["reader", "writer"]],
    ["groups", ["a", "b"]],
    ["realm_access.roles", ["admin"]],
    ["https://shop.example/roles", ["clerk"]],
    ["a.b", ["literal"]],
    ["number", []],
    ["realm_access", []],
    ["realm_access.users", []],
    ["tenant.name", []],
    ["roles.length", []],
    ["constructor", []],
    ["__proto__.roles", []],
    ["none", []],
  ])("of %s are %j", (path, names) => {
    expect(namesIn(claims, path)).toEqual(names);
  });

  it("are one where one is asked for", () => {
    expect(["tenant", "number", "roles", "none"].map((path) => nameIn(claims, path))).toEqual([
      "acme",
      undefined,
      undefined,
      undefined,
    ]);
  });
});
