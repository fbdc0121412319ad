import { describe, expect, it } from "vitest";
import { options } from "../../../src/actions/compose/compose.ts";
import { compose } from "../../../src/actions/compose/declare.ts";
import { accounts, orders } from "./fake-origins.ts";

/** Where the schema finds fault with one step. */
const faults = (step: unknown, name = "user") => {
  const result = options().safeParse({ kind: "compose", steps: { [name]: step }, options: {} });
  return result.error?.issues.map(({ path }) => path.slice(1).map(String)) ?? [];
};
const user = { upstream: accounts, path: "/users/7" };

describe("the schema of a composition", () => {
  it("accepts a whole one and knows which step waits for which", () => {
    const compiled = options().parse(
      compose({
        user: { upstream: accounts, path: "/u/{identity.subject}" },
        orders: { upstream: orders, path: "/o?u={user.id}", optional: true, fallback: [], timeout: "800ms" },
        advice: { route: "/v1/a/{orders.first}", body: ["{user.id}"], headers: { "X-A": "{user.id}" } },
      }),
    );
    expect(
      compiled.steps.map(({ name, method, timeout, after }) => ({ name, method, timeout, after })),
    ).toEqual([
      { name: "user", method: "GET", timeout: undefined, after: [] },
      { name: "orders", method: "GET", timeout: 800, after: [0] },
      { name: "advice", method: "POST", timeout: undefined, after: [1, 0] },
    ]);
  });

  it.each([
    ["neither upstream nor route", {}, ["user", "upstream"]],
    ["upstream and route", { ...user, route: "/v1" }, ["user", "upstream"]],
    ["an upstream without a path", { upstream: accounts }, ["user", "path"]],
    ["a route with a path", { route: "/v1", path: "/" }, ["user", "path"]],
    ["an upstream that is none", { upstream: "accounts", path: "/" }, ["user", "upstream"]],
    ["a path without a slash", { ...user, path: "users" }, ["user", "path"]],
    ["a path that would name a host", { ...user, path: "//evil.example" }, ["user", "path"]],
    ["a route that would name a host", { route: "/\\evil.example" }, ["user", "route"]],
    ["a fragment", { ...user, path: "/#x" }, ["user", "path"]],
    ["a broken template", { ...user, path: "/{a" }, ["user", "path"]],
    ["a broken template in a body", { ...user, body: { a: ["{"] } }, ["user", "body", "a", "0"]],
    ["a GET with a body", { ...user, method: "GET", body: 1 }, ["user", "body"]],
    ["a method in lower case", { ...user, method: "get" }, ["user", "method"]],
    [
      "a header of the connection",
      { ...user, headers: { "Transfer-Encoding": "x" } },
      ["user", "headers", "Transfer-Encoding"],
    ],
    ["the host", { ...user, headers: { host: "x" } }, ["user", "headers", "host"]],
    ["a header that is none", { ...user, headers: { "a b": "x" } }, ["user", "headers", "a b"]],
    ["a fallback of a required step", { ...user, fallback: [] }, ["user", "fallback"]],
    [
      "passed statuses of an optional step",
      { ...user, optional: true, passStatus: [404] },
      ["user", "passStatus"],
    ],
    ["a status that is no error", { ...user, passStatus: [200] }, ["user", "passStatus", "0"]],
    ["a timeout without a unit", { ...user, timeout: 800 }, ["user", "timeout"]],
    ["no time at all", { ...user, timeout: "0s" }, ["user", "timeout"]],
    ["an empty key in a path", { ...user, pick: ["a..b"] }, ["user", "pick", "0"]],
    ["a prototype in a path", { ...user, omit: ["a.__proto__"] }, ["user", "omit", "0"]],
    ["a prototype as target", { ...user, target: "__proto__" }, ["user", "target"]],
    ["a prototype in a rename", { ...user, rename: { "__proto__.a": "b" } }, ["user", "rename"]],
    ["a prototype as a new name", { ...user, rename: { a: "__proto__" } }, ["user", "rename", "a"]],
    ["a prototype as group", { ...user, group: "__proto__" }, ["user", "group"]],
    ["an unknown key", { ...user, optinal: true }, ["user"]],
  ])("refuses %s", (_, step, path) => {
    expect(faults(step)).toEqual([path]);
  });

  it.each(["1", "a.b", "-a", "", "_a", "ä", "a b"])("refuses a step called %j", (name) => {
    expect(faults(user, name)).toEqual([[name]]);
  });

  it("refuses a composition of nothing, and options that do not exist", () => {
    const parse = (value: unknown) => options().safeParse(value).success;
    expect(parse({ kind: "compose", steps: {}, options: {} })).toBe(false);
    expect(parse({ kind: "compose", steps: { user }, options: { merge: "no" } })).toBe(false);
    expect(parse({ kind: "compose", steps: { user }, options: { partial: "maybe" } })).toBe(false);
    expect(parse({ kind: "compose", steps: { user }, options: { megre: () => 1 } })).toBe(false);
    expect(parse({ steps: { user }, options: {} })).toBe(false);
  });
});
