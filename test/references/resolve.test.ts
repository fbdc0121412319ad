import { expect, it } from "vitest";
import { resolve } from "../../src/references/resolve.ts";
import type { Reference, ReferenceScope } from "../../src/references/template.ts";

const scope: ReferenceScope = {
  params: { id: "42", "*": "a/b" },
  query: new URLSearchParams("q=first&q=second&empty="),
  headers: new Headers({ "x-tenant": "acme" }),
  identity: { id: "issuer|7", claims: { org: "o1", roles: ["admin"] } },
  request: { id: "r1", method: "GET", path: "/p" },
  steps: { user: { id: 7, tags: ["a", "b"], none: null }, count: 3 },
};

it.each<[Reference, unknown]>([
  [["params", "id"], "42"],
  [["params", "*"], "a/b"],
  [["query", "q"], "first"],
  [["query", "empty"], ""],
  [["headers", "X-Tenant"], "acme"],
  [["identity", "claims", "org"], "o1"],
  [["identity", "claims", "roles", "0"], "admin"],
  [["request", "method"], "GET"],
  [["user", "id"], 7],
  [
    ["user", "tags"],
    ["a", "b"],
  ],
  [["user", "none"], null],
  [["count"], 3],
])("finds %j", (reference, value) => {
  expect(resolve(reference, scope)).toEqual(value);
});

it.each<[Reference]>([
  [["params", "other"]],
  [["params", "constructor"]],
  [["params", "__proto__"]],
  [["params", "id", "length"]],
  [["query", "missing"]],
  [["query"]],
  [["query", "q", "length"]],
  [["headers", "missing"]],
  [["identity", "toString"]],
  [["identity", "claims", "__proto__", "x"]],
  [["user", "none", "x"]],
  [["user", "tags", "map"]],
  [["constructor"]],
  [["__proto__", "toString"]],
  [["nobody", "x"]],
])("finds nothing for %j", (reference) => {
  expect(resolve(reference, scope)).toBeUndefined();
});

it("finds nothing where there is no identity and no step", () => {
  const { steps: _, identity: __, ...bare } = scope;
  expect(resolve(["identity", "id"], bare)).toBeUndefined();
  expect(resolve(["user", "id"], bare)).toBeUndefined();
});
