import { describe, expect, it } from "vitest";
import {
  allOf,
  anyOf,
  basic,
  compose,
  introspection,
  jwt,
  mtls,
  oidc,
  secret,
  upstream,
} from "../../../src/manifest/index.ts";
import { mistakesIn } from "./judge.ts";

const issuers = {
  issuer: "https://login.example",
  audience: "a",
  keys: { url: "https://login.example/jwks" },
};
const bearer = jwt({ issuers });
const inCookie = jwt({ issuers, from: { cookie: "session" } });
const inQuery = jwt({ issuers, from: { query: "access_token" } });
const inField = jwt({ issuers, from: { header: "x-access-token" } });
const either = jwt({ issuers, from: { header: "authorization", cookie: "session" } });
const dpop = jwt({ issuers, proofOfPossession: "dpop" });
const certificate = jwt({ issuers, proofOfPossession: "certificate" });
const login = upstream("login", { origin: "https://login.example" });
const asked = introspection({
  upstream: login,
  path: "/introspect",
  clientId: "gateway",
  clientSecret: secret("SESSION_SECRET"),
  issuer: "https://login.example",
  audience: false,
  proofOfPossession: "dpop",
});
const users = basic({ users: { ada: secret("SESSION_SECRET") } });

/** What is found where a step calls a route of this access. */
function found(access: unknown, step: object = {}): string[] {
  const routes = {
    "GET /part": { access, respond: { json: {} } },
    "GET /whole": {
      access: "public",
      compose: compose({ part: { route: "/part", ...step } } as never),
    },
  };
  return mistakesIn(routes as never);
}

const NEVER = [
  "GET /whole → compose.steps.part.route: GET /part asks for a credential that no step brings: a step has the caller's " +
    "Authorization and what it says itself [Call the upstream itself, or let the route take a bearer token too.]",
];

describe("a step that calls a route", () => {
  it.each<[string, unknown]>([
    ["is public", "public"],
    ["takes a bearer token", bearer],
    ["takes a bearer token or a cookie", either],
    ["takes a password", users],
    ["takes one of several", anyOf(inCookie, dpop, bearer)],
  ])("which %s may be let in", (_, access) => {
    expect(found(access)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["a cookie", inCookie],
    ["a parameter", inQuery],
    ["a field of its own", inField],
    ["a proof for each request", dpop],
    ["a proof of the connection", certificate],
    ["a proof for an introspected token", asked],
    ["a certificate", mtls({ subject: { CN: "a" } })],
    ["one of several that it never has", anyOf(inCookie, dpop)],
    ["something more than it has", allOf(bearer, inCookie)],
  ])("which wants %s is a mistake: it never would be", (_, access) => {
    expect(found(access)).toEqual(NEVER);
  });

  it("which wants a session is a mistake: cookies are the browser's own", () => {
    const session = { secret: secret("SESSION_SECRET") };
    const person = oidc({ issuer: "https://login.example", clientId: "shop", session });
    expect(found(person)).toContain(NEVER[0]);
  });

  it("may say itself what the route wants", () => {
    expect(found(inQuery, { query: { access_token: "{query.access_token}" } })).toEqual([]);
    expect(found(inQuery, { route: "/part?access_token={query.access_token}" })).toEqual([]);
    expect(found(inField, { headers: { "X-Access-Token": "{headers.x-access-token}" } })).toEqual([]);
    expect(found(inField, { headers: { "x-other": "1" } })).toEqual(NEVER);
  });
});
