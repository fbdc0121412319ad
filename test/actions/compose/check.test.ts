import { describe, expect, it } from "vitest";
import { check, options, requestReferences } from "../../../src/actions/compose/compose.ts";
import { type ComposeDeclaration, compose } from "../../../src/actions/compose/declare.ts";
import { accounts, orders } from "./fake-origins.ts";

const findings = (declaration: ComposeDeclaration) => check(options().parse(declaration));
const user = { upstream: accounts, path: "/users/7" } as const;

describe("check", () => {
  it("finds nothing wrong where nothing is", () => {
    expect(
      findings(
        compose({
          user: { upstream: accounts, path: "/users/{identity.subject}?v={query.v}", group: "me" },
          orders: {
            upstream: orders,
            path: "/{params.id}",
            headers: { "x-id": "{request.id}", "x-lang": "{headers.accept-language}" },
            body: { deep: [{ user: "{user}" }] },
          },
        }),
      ),
    ).toEqual([]);
  });

  it("names references that are neither of the request nor of a step, and where they stand", () => {
    const declaration = compose({
      user: { ...user, query: { q: "{qeury.q}" } },
      orders: {
        upstream: orders,
        path: "/",
        headers: { "x-a": "{zzzzzzzz.id}" },
        body: { a: [{ b: "{usr.id}" }] },
      },
    });
    expect(findings(declaration)).toEqual([
      {
        path: ["steps", "user", "query", "q"],
        reason: "{qeury.q} is neither of the request nor of a step",
        suggestion: 'Did you mean "query"?',
      },
      {
        path: ["steps", "orders", "headers", "x-a"],
        reason: "{zzzzzzzz.id} is neither of the request nor of a step",
        suggestion: "Known here: params, query, headers, identity, request, user.",
      },
      {
        path: ["steps", "orders", "body", "a", "0", "b"],
        reason: "{usr.id} is neither of the request nor of a step",
        suggestion: 'Did you mean "user"?',
      },
    ]);
  });

  it.each(["params", "query", "headers", "identity", "request"])("refuses a step called %s", (name) => {
    expect(findings(compose({ [name]: user }))).toMatchObject([{ path: ["steps", name] }]);
  });

  it("names the steps of a cycle in their order", () => {
    const declaration = compose({
      a: { upstream: accounts, path: "/{b.id}" },
      b: { route: "/v1/{c.id}" },
      c: { upstream: accounts, path: "/", body: "{a}" },
      self: { upstream: accounts, path: "/?x={self.x}" },
    });
    expect(findings(declaration)).toEqual([
      { path: ["steps", "a"], reason: "the steps wait for one another: a → b → c → a" },
      { path: ["steps", "self"], reason: "the steps wait for one another: self → self" },
    ]);
  });

  it("refuses a group twice, and one that a merge function would not heed", () => {
    const twice = compose({ a: { ...user, group: "x" }, b: { ...user, group: "x" } });
    expect(findings(twice)).toEqual([
      { path: ["steps", "b", "group"], reason: '"x" is the group of "a" already' },
    ]);
    const merged = compose({ a: { ...user, group: "x" } }, { merge: ({ a }) => a });
    expect(findings(merged)).toMatchObject([{ path: ["steps", "a", "group"] }]);
  });
});

describe("requestReferences", () => {
  it("lists what the composition takes of the request, and not of its steps", () => {
    const compiled = options().parse(
      compose({
        user: { upstream: accounts, path: "/{params.id}" },
        orders: { route: "/v1/o?u={user.id}&q={query.q}", body: ["{identity.claims.org}"] },
      }),
    );
    expect(requestReferences(compiled)).toEqual([
      { path: ["steps", "user", "path"], reference: ["params", "id"] },
      { path: ["steps", "orders", "route"], reference: ["query", "q"] },
      { path: ["steps", "orders", "body", "0"], reference: ["identity", "claims", "org"] },
    ]);
  });
});
