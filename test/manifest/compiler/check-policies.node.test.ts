import { describe, expect, it } from "vitest";
import { defineGateway, defineRoutes } from "../../../src/manifest/index.ts";
import { build, manifestOf, mistakesIn } from "./judge.ts";

const run = () => undefined;
const policies = (route: object) => mistakesIn({ "GET /a": { access: "public", respond: {}, ...route } });

describe("hooks", () => {
  it.each<[object, string]>([
    [{ request: "f" }, "request: is a function, or an object with `run`"],
    [{ request: { timeout: "1s" } }, "request.run: is a function, or an object with `run`"],
    [{ request: { run, timeuot: "1s" } }, 'request.timeuot: unknown key "timeuot" [Did you mean "timeout"?]'],
    [{ response: { run, timeout: "0ms" } }, "response.timeout: must be at least 1ms"],
    [
      { upstreamRequest: { run, onFailure: "open" } },
      'upstreamRequest.onFailure: expected one of "allow"|"deny"',
    ],
    [{ error: { run, onFailure: "deny" } }, 'error.onFailure: unknown key "onFailure"'],
    [{ respons: run }, 'respons: unknown key "respons" [Did you mean "response"?]'],
  ])("cannot be %o", (hooks, expected) => {
    expect(policies({ hooks })).toEqual([`GET /a → hooks.${expected}`]);
  });
});

describe("middleware", () => {
  it.each<[unknown, string]>([
    ["cors", "middleware: is a Hono middleware: a function (c, next) => …"],
    [{}, "middleware: is a Hono middleware: a function (c, next) => …"],
    [[run, "cors"], "middleware.1: is a Hono middleware: a function (c, next) => …"],
  ])("cannot be %o", (middleware, expected) => {
    expect(policies({ middleware })).toEqual([`GET /a → ${expected}`]);
  });

  it("are found where they stand, one or several, and made one policy", () => {
    const one = async () => {};
    const other = async () => {};
    const routes = defineRoutes(
      { access: "public", middleware: one },
      {
        "GET /a": { respond: {} },
        "GET /b": { respond: {}, middleware: [one, other], hooks: { request: { run } } },
      },
    );
    const { compiled, findings } = build(manifestOf(defineGateway({ routes: [routes] }), { routes }));
    expect(findings).toEqual([]);
    const numbers = compiled.routes.map((route) => JSON.parse(route).policies as number[]);
    expect(numbers.map((list) => list.map((number) => JSON.parse(compiled.policies[number]!)))).toEqual([
      [["middleware", [{ $value: 0 }]]],
      [
        ["middleware", [{ $value: 0 }, { $value: 1 }]],
        ["hooks", { request: { run: { $value: 2 }, timeout: 1_000, onFailure: "deny" } }],
      ],
    ]);
    expect(compiled.values.map(({ expression }) => expression)).toEqual([
      '["routes"]["group"]["middleware"]',
      '["routes"]["routes"]["GET /b"]["middleware"]["1"]',
      '["routes"]["routes"]["GET /b"]["hooks"]["request"]["run"]',
    ]);
  });
});

describe("a list", () => {
  it("is for policies that a route may have several of", () => {
    expect(policies({ cors: [{ origins: ["https://a.example"] }] })).toEqual([
      'GET /a → cors: "cors" takes one value, not a list',
    ]);
  });
});
