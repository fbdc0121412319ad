import { describe, expect, it } from "vitest";
import { jwt, upstream } from "../../../src/manifest/index.ts";
import { mistakesIn } from "./judge.ts";

const api = upstream("api", { origin: "https://api.example" });
const issuer = {
  issuer: "https://login.example",
  audience: "a",
  keys: { url: "https://login.example/jwks" },
};
const answer = { access: "public", respond: { text: "x" } };
/** A public route with a parameter. */
const route = (more: object) => ({ "GET /x/:id": { access: "public", ...more } });

describe("what a group gives to its routes", () => {
  it("is judged once, where it stands, and never for each of them", () => {
    const settings = {
      prefix: "/v1/",
      access: "pubic",
      deadline: "1 s",
      rateLimit: { limit: 0, window: "1m" },
    };
    expect(mistakesIn({ "GET /x": { respond: {} }, "GET /y": { respond: {} } }, settings)).toEqual([
      "group → rateLimit.limit: expected number to be >=1",
      'group → deadline: "1 s" is not a duration: write a number and one of ms, s, m, h, d, such as "500ms" or "10s"',
      "group → prefix: a prefix begins with a slash and does not end with one",
      'group → access: must be "public", a credential, anyOf(…) or allOf(…)',
    ]);
  });

  it("may be a prefix that is no path", () => {
    expect(mistakesIn({ "GET /x": answer }, { prefix: "/:a{" })).toEqual([
      'group → prefix: the braces of ":a{" do not match; a pattern holds no slash',
    ]);
    expect(mistakesIn({ "GET /:id": answer }, { prefix: "/:id" })).toEqual([
      'GET /:id: two parameters are called "id"',
    ]);
  });

  it("is not switched off by a key that says nothing", () => {
    expect(mistakesIn({ "GET /x": { access: undefined, respond: {} } }, { access: "public" })).toEqual([]);
    expect(mistakesIn({ "GET /x": { when: undefined, deadline: undefined, respond: {} } })).toEqual([
      'GET /x → access: missing: every route or its group says who may call [Write access: "public", or a credential.]',
    ]);
  });
});

describe("a route", () => {
  it.each<[string, unknown, string[]]>([
    [
      "a key that is none",
      { "GET/x": answer },
      ["GET/x: a route key is a method, one space and a path that begins with a slash"],
    ],
    [
      "an unknown method",
      { "FETCH /x": answer },
      ['FETCH /x: unknown method "FETCH"; known are GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, ANY'],
    ],
    ["a path that is none", { "GET /a//b": answer }, ["GET /a//b: a path has no empty segments"]],
    ["a wildcard in the middle", { "GET /*/b": answer }, ["GET /*/b: `*` may only be the last segment"]],
    ["nothing", { "GET /x": null }, ["GET /x: a route is an object with `access` and one action"]],
    ["an empty list", { "GET /x": [] }, ["GET /x: is an empty list: no request could meet it"]],
    [
      "a list in a list",
      { "GET /x": [[answer]] },
      ["GET /x → 0: a route is an object with `access` and one action"],
    ],
    [
      "no access",
      { "GET /x": { respond: {} } },
      [
        'GET /x → access: missing: every route or its group says who may call [Write access: "public", or a credential.]',
      ],
    ],
    [
      "an access that is none",
      { "GET /x": { access: "pubic", respond: {} } },
      ['GET /x → access: must be "public", a credential, anyOf(…) or allOf(…)'],
    ],
    [
      "a credential that is none",
      {
        "GET /x": {
          access: Object.assign(() => {}, { kind: "credential", type: "jtw", options: {}, requirements: {} }),
          respond: {},
        },
      },
      ['GET /x → access: "jtw" is no credential [Did you mean "jwt"?]'],
    ],
    [
      "an algorithm that is none",
      { "GET /x": { access: jwt({ issuers: { ...issuer, algorithms: ["ES265"] } } as never), respond: {} } },
      [
        'GET /x → access.issuers.algorithms.0: expected one of "RS256"|"RS384"|"RS512"|"PS256"|"PS384"|"PS512"|"ES256"|"ES384"|"ES512"|"EdDSA"|"Ed25519"|"HS256"|"HS384"|"HS512" [Did you mean "ES256"?]',
      ],
    ],
    [
      "two actions",
      route({ respond: {}, redirect: { to: "/y" } }),
      [
        "GET /x/:id: has 2 actions, redirect and respond; a route has exactly one [Keep one. Several answers become one with compose.]",
      ],
    ],
    [
      "no action",
      route({}),
      [
        "GET /x/:id: has no action [Give it one of compose, forward, handler, login, redirect, respond, usage.]",
      ],
    ],
    [
      "a list of what it has once",
      route({ ...answer, cors: [{ origins: "*" }] }),
      ['GET /x/:id → cors: "cors" takes one value, not a list'],
    ],
    [
      "limits of one name",
      route({
        ...answer,
        rateLimit: [
          { limit: 1, window: "1m" },
          { limit: 1, window: "60s" },
        ],
      }),
      ['GET /x/:id → rateLimit: two limits are called "1-per-1m": give each a `name` of its own'],
    ],
    [
      "times and sizes without units",
      route({ ...answer, deadline: "10 s", bodyLimit: "1 MB" }),
      [
        'GET /x/:id → bodyLimit: "1 MB" is not a size: write a number and one of B, KB, MB, GB (thousands) or KiB, MiB, GiB (1,024s), such as "64KB"',
        'GET /x/:id → deadline: "10 s" is not a duration: write a number and one of ms, s, m, h, d, such as "500ms" or "10s"',
      ],
    ],
    [
      "a deadline beyond reason",
      route({ ...answer, deadline: "6m" }),
      ["GET /x/:id → deadline: must be at most 5m"],
    ],
    [
      "settings of the wrong kind",
      route({
        ...answer,
        websocket: "yes",
        summary: 5,
        when: { header: { "x y": true, b: 1 }, content: "json" },
      }),
      [
        "GET /x/:id → websocket: expected true or object",
        "GET /x/:id → when.header.x y: is no header name",
        "GET /x/:id → when.header.b: expected string or true",
        "GET /x/:id → when.content: is a media type such as application/json or image/*",
        "GET /x/:id → summary: expected string, received number",
      ],
    ],
    [
      "what is no upstream",
      route({ forward: { upstream: "api" } }),
      ["GET /x/:id → forward.upstream: is not an upstream: import the object that upstream() made"],
    ],
    [
      "a WebSocket that is cached, made up or opened otherwise",
      {
        "GET /x": { access: "public", websocket: true, cache: { ttl: "1m" }, forward: { upstream: api } },
        "GET /y": { access: "public", websocket: true, respond: { text: "no" } },
        "POST /z": { access: "public", websocket: true, forward: { upstream: api } },
        "ANY /z": { access: "public", websocket: {}, forward: { upstream: api } },
        "GET /v": {
          access: "public",
          websocket: { origins: ["shop.example"], protocols: ["a b"], idle: "5" },
        },
      },
      [
        "GET /x → websocket: a WebSocket cannot be cached [Take `cache` away from the route or its group.]",
        "GET /y → websocket: respond cannot answer with a WebSocket [Use forward or handler.]",
        "POST /z → websocket: a WebSocket is opened with GET (RFC 6455 §4.1)",
        "ANY /z → websocket: a WebSocket is opened with GET (RFC 6455 §4.1)",
        'GET /v → websocket.origins.0: is a CORS origin such as "https://shop.example", in lower case, without a path',
        "GET /v → websocket.protocols.0: is no name of a subprotocol",
        'GET /v → websocket.idle: "5" is not a duration: write a number and one of ms, s, m, h, d, such as "500ms" or "10s"',
        "GET /v: has no action [Give it one of compose, forward, handler, login, redirect, respond, usage.]",
      ],
    ],
    [
      "a stream that nothing bounds",
      { "GET /x": { access: "public", stream: true, forward: { upstream: api } } },
      [
        "GET /x → stream: bounds nothing: the route has no credential that could end; give it an `idleTimeout` or `maxDuration`",
      ],
    ],
    [
      "the gateway's own paths",
      {
        "GET /_gateway": answer,
        "GET /_gateway/x": answer,
        "GET /%5Fgateway/y": answer,
        "GET /_gateways": answer,
      },
      [
        "GET /_gateway: paths under /_gateway are the gateway's own",
        "GET /_gateway/x: paths under /_gateway are the gateway's own",
        "GET /%5Fgateway/y: paths under /_gateway are the gateway's own",
      ],
    ],
  ])("does not have %s", (_, routes, expected) => {
    expect(mistakesIn(routes)).toEqual(expected);
  });
});
