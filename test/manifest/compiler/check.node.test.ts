import { describe, expect, it } from "vitest";
import { anyOf, compose, jwt, upstream } from "../../../src/manifest/index.ts";
import { mistakes, mistakesIn } from "./judge.ts";

const api = upstream("api", { origin: "https://api.example" });
const issuer = {
  issuer: "https://login.example",
  audience: "a",
  keys: { url: "https://login.example/jwks" },
};
const token = jwt({ issuers: issuer });
const answer = { access: "public", respond: { text: "x" } };
/** A public route with a parameter. */
const route = (more: object) => ({ "GET /x/:id": { access: "public", ...more } });
const forwarded = (forward: object) => route({ forward: { upstream: api, ...forward } });

describe("a manifest without mistakes", () => {
  it("has no findings", () => {
    const cached = {
      access: token,
      cache: { ttl: "1m", key: { identity: true } },
      forward: { upstream: api },
    };
    const routes = {
      "GET /": answer,
      "GET /cached": cached,
      "GET /:id": {
        access: token,
        forward: { upstream: api, path: "/{identity.claims.org.name}/{params.id}" },
      },
      "GET /list": [{ ...answer, when: { query: { q: true } } }, answer],
      "GET /path/*": forwarded({ path: "/{params.*}?by={request.method}" })["GET /x/:id"],
    };
    const group = { kind: "routes", group: { prefix: "/v1", deadline: "2s" }, routes };
    const require = [{ match: "/v1/*", access: token }];
    expect(
      mistakes({ defaults: { bodyLimit: "1MB" }, require, routes: [group], workersPlan: "paid" }),
    ).toEqual([]);
  });
});

describe("unknown keys", () => {
  it.each<[string, () => string[], string[]]>([
    [
      "the gateway",
      () => mistakes({ routes: [], rotues: [] }),
      ['rotues: unknown key "rotues" [Did you mean "routes"?]'],
    ],
    [
      "the stores",
      () => mistakes({ routes: [], stores: { counter: "memory" } }),
      ['stores → counter: unknown key "counter" [Did you mean "counters"?]'],
    ],
    [
      "the paths",
      () => mistakes({ routes: [], paths: { trailingSlashes: "ignore", case: "lower" } }),
      [
        'paths → case: expected one of "sensitive"|"insensitive"',
        'paths → trailingSlashes: unknown key "trailingSlashes" [Did you mean "trailingSlash"?]',
      ],
    ],
    [
      "a rule",
      () => mistakes({ routes: [], require: [{ match: "/a", access: token, mathc: "/b" }] }),
      ['require → 0.mathc: unknown key "mathc" [Did you mean "match"?]'],
    ],
    [
      "the defaults",
      () => mistakes({ routes: [], defaults: { deadlne: "1s", cors: { origins: "*", credental: true } } }),
      [
        'defaults → deadlne: unknown key "deadlne" [Did you mean "deadline"?]',
        'defaults → cors.credental: unknown key "credental" [Did you mean "credentials"?]',
      ],
    ],
    [
      "the defaults, where access has no place",
      () => mistakes({ routes: [], defaults: { access: "public" } }),
      ['defaults → access: unknown key "access"'],
    ],
    [
      "a group",
      () => mistakesIn({ "GET /x": answer }, { prefx: "/v1" }),
      ['group → prefx: unknown key "prefx" [Did you mean "prefix"?]'],
    ],
    [
      "a route",
      () => mistakesIn(route({ respond: {}, ratelimit: {} })),
      ['GET /x/:id → ratelimit: unknown key "ratelimit" [Did you mean "rateLimit"?]'],
    ],
    [
      "a policy",
      () => mistakesIn(route({ ...answer, cache: { tll: "1m" } })),
      ['GET /x/:id → cache.tll: unknown key "tll" [Did you mean "ttl"?]'],
    ],
    [
      "a policy's own options",
      () => mistakesIn(route({ ...answer, cache: { key: { qery: ["a"] } } })),
      ['GET /x/:id → cache.key.qery: unknown key "qery" [Did you mean "query"?]'],
    ],
    [
      "a policy that may be something else too",
      () => mistakesIn(route({ ...answer, securityHeaders: { framOptions: "x" } })),
      ['GET /x/:id → securityHeaders.framOptions: unknown key "framOptions" [Did you mean "frameOptions"?]'],
    ],
    [
      "one of several policies",
      () => mistakesIn(route({ ...answer, rateLimit: [{ limit: 1, window: "1m", onn: "x" }] })),
      ['GET /x/:id → rateLimit.0.onn: unknown key "onn" [Did you mean "on"?]'],
    ],
    [
      "hooks",
      () => mistakesIn(route({ ...answer, hooks: { onError: () => undefined } })),
      ['GET /x/:id → hooks.onError: unknown key "onError" [Did you mean "error"?]'],
    ],
    [
      "an action",
      () => mistakesIn(forwarded({ timeot: "1s" })),
      ['GET /x/:id → forward.timeot: unknown key "timeot" [Did you mean "timeout"?]'],
    ],
    [
      "a step",
      () =>
        mistakesIn(route({ compose: compose({ a: { upstream: api, path: "/a", pik: ["x"] } as never }) })),
      ['GET /x/:id → compose.steps.a.pik: unknown key "pik" [Did you mean "pick"?]'],
    ],
    [
      "an upstream",
      () =>
        mistakes(
          { routes: [] },
          { a: upstream("a", { origin: "https://a.example", timeot: "1s" } as never) },
        ),
      ['upstream "a" → timeot: unknown key "timeot" [Did you mean "timeout"?]'],
    ],
    [
      "a credential",
      () =>
        mistakesIn({ "GET /x": { access: jwt({ issuers: issuer, tolerence: "1s" } as never), respond: {} } }),
      ['GET /x → access.tolerence: unknown key "tolerence" [Did you mean "tolerance"?]'],
    ],
    [
      "a credential's own options",
      () =>
        mistakesIn({ "GET /x": { access: jwt({ issuers: { ...issuer, typ: "x" } } as never), respond: {} } }),
      ['GET /x → access.issuers.typ: unknown key "typ" [Did you mean "type"?]'],
    ],
    [
      "what is asked of a credential",
      () => mistakesIn({ "GET /x": { access: token({ scope: ["a"] } as never), respond: {} } }),
      ["GET /x → access.scope: is not a requirement: write scopes or claims"],
    ],
    [
      "a predicate",
      () => mistakesIn(route({ ...answer, when: { hots: "x.example" } })),
      ['GET /x/:id → when.hots: unknown key "hots" [Did you mean "host"?]'],
    ],
  ])("of %s are found, with what was meant", (_, found, expected) => {
    expect(found()).toEqual(expected);
  });
});

describe("the gateway", () => {
  it.each<[string, unknown, string[]]>([
    ["nothing", undefined, [": is missing: expected object", "routes: is a list"]],
    ["no routes", {}, ["routes: is a list"]],
    [
      "routes by themselves",
      { routes: [route(answer)] },
      ["routes → 0: is a group of routes: what defineRoutes() made"],
    ],
    [
      "half a group",
      { routes: [{ kind: "routes", group: null, routes: [] }] },
      ["routes → 0.group: is an object", "routes → 0.routes: is an object"],
    ],
    ["defaults that are none", { routes: [], defaults: [] }, ["defaults: is an object"]],
    [
      "an option that is misspelt",
      { routes: [], stores: { responses: "cache-ap" }, workersPlan: "payed" },
      [
        'stores → responses: expected one of "cache-api"|"memory" [Did you mean "cache-api"?]',
        'workersPlan: expected one of "free"|"paid" [Did you mean "paid"?]',
      ],
    ],
    [
      "a rule whose pattern would be slow in any case",
      { routes: [], require: [{ match: "/:a{[a-z]+[A-Z]}/*", access: token }] },
      [
        'require → 0.match: in any case, as a rule takes it, the pattern of ":a" repeats something that what follows it may begin with, so matching could be slow',
      ],
    ],
    ["rules that are no list", { routes: [], require: {} }, ["require: is a list"]],
    [
      "rules that are none",
      {
        routes: [],
        require: [
          { match: "admin", access: token },
          { match: "/a", access: "public" },
          { match: "/a" },
          { match: "/a", access: anyOf(token, "public" as never) },
          { match: "/:a{", access: token },
          { match: "/a", access: token({ scopes: ["a b"] }) },
          null,
        ],
      },
      [
        "require → 0.match: a path begins with a slash",
        "require → 1.access: a rule can only add: name a credential",
        'require → 2.access: must be "public", a credential, anyOf(…) or allOf(…)',
        "require → 3.access.anyOf.1: must be a credential, anyOf(…) or allOf(…)",
        'require → 4.match: the braces of ":a{" do not match; a pattern holds no slash',
        "require → 5.access.scopes.0: is not a scope: visible ASCII without spaces, quotes and backslashes",
        "require → 6: expected object, received null",
      ],
    ],
  ])("is not %s", (_, options, expected) => {
    expect(mistakes(options)).toEqual(expected);
  });
});
