import { describe, expect, it } from "vitest";
import { credentialQuestions } from "../../../src/manifest/compiler/credential-questions.ts";
import {
  anyOf,
  basic,
  compose,
  hmac,
  httpSignature,
  introspection,
  jwt,
  mtls,
  oidc,
  oidcRoutes,
  secret,
  upstream,
  webhook,
} from "../../../src/manifest/index.ts";
import { mistakes, mistakesIn } from "./judge.ts";

const api = upstream("api", { origin: "https://api.example" });
const shared = secret("SESSION_SECRET");
const issuer = { issuer: "https://login.example", audience: "api", keys: { secret: shared } };
const introspected = {
  upstream: api,
  path: "/introspect",
  clientId: "gateway",
  clientSecret: shared,
  issuer: "https://login.example",
  audience: false,
} as const;
const login = { issuer: "https://login.example", clientId: "shop", session: { secret: shared } };
const shape = { name: "till", signature: { header: "x-signature" } };

/** Every credential that asks stores or services, and how often at worst. */
const ASKING = {
  "a signature that is used once": [hmac({ keys: { a: shared }, nonce: true }), 1],
  "one that may be copied": [hmac({ keys: { a: shared } }), 0],
  "a message signature that is used once": [
    httpSignature({ keys: { a: { secret: shared } }, nonce: true }),
    1,
  ],
  "one that is not": [httpSignature({ keys: { a: { secret: shared } } }), 0],
  "a webhook": [webhook({ provider: "stripe", secret: shared }), 1],
  "a webhook of which copies are taken": [
    webhook({ provider: "stripe", secret: shared, refuseCopies: false }),
    0,
  ],
  "a webhook of GitHub": [webhook({ provider: "github", secret: shared }), 0],
  "a webhook without a time": [webhook({ provider: shape, secret: shared }), 0],
  "a webhook of a shape with one": [
    webhook({ provider: { ...shape, timestamp: "x-time", message: "{timestamp}.{body}" }, secret: shared }),
    1,
  ],
  "a token with a proof": [jwt({ issuers: issuer, proofOfPossession: "dpop" }), 1],
  "a token of a certificate": [jwt({ issuers: issuer, proofOfPossession: "certificate" }), 0],
  "a token that is asked about": [introspection(introspected), 1],
  "one with a proof": [introspection({ ...introspected, proofOfPossession: "dpop" }), 2],
  "a certificate": [mtls({}), 0],
  "a password": [basic({ users: { ada: shared } }), 0],
} as const;

const REGISTERED = {
  basic: [basic({ users: { ada: shared }, consumers: { ada: "a" }, registered: true }), 2],
  certificate: [mtls({ consumerClaim: "CN", registered: { staleness: "1s" } }), 2],
  token: [jwt({ issuers: { ...issuer, consumerClaim: "org" }, registered: true }), 2],
  introspection: [introspection({ ...introspected, consumerClaim: "org", registered: true }), 3],
  login: [oidc({ ...login, consumerClaim: "org", registered: true }), 7],
  hmac: [hmac({ keys: { a: shared }, nonce: true, consumers: { a: "a" }, registered: true }), 3],
} as const;

/** A route that makes so many calls. */
const calling = (count: number, access: unknown) => ({
  access,
  compose: compose(
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`s${index}`, { upstream: api, path: "/" }]),
    ) as never,
  ),
});

describe("the subrequests of a route", () => {
  it.each(Object.entries(ASKING))("are also for %s", (_, [access, asked]) => {
    expect(credentialQuestions(access)).toBe(asked);
    expect(mistakesIn({ "GET /x": calling(50 - asked, access) })).toEqual([]);
    expect(mistakesIn({ "GET /x": calling(51 - asked, access) })).toEqual([
      'GET /x: may make 51 subrequests; the free Workers plan allows 50 [Compose fewer steps, or say workersPlan: "paid".]',
    ]);
  });

  it.each(Object.entries(REGISTERED))(
    "are also for whether a consumer is registered: %s",
    (_, [access, asked]) => {
      expect(credentialQuestions(access)).toBe(asked);
    },
  );

  it("are those of all credentials that may be asked", () => {
    const access = anyOf(ASKING["a webhook"][0], REGISTERED.token[0]);
    expect(mistakesIn({ "GET /x": calling(47, access) })).toEqual([]);
    expect(mistakesIn({ "GET /x": calling(48, access) })).toHaveLength(1);
  });

  it("are also for a session that is refreshed, and for the login itself", () => {
    const person = oidc(login);
    const judged = (count: number) =>
      mistakes({
        routes: [
          oidcRoutes(person),
          { kind: "routes", group: {}, routes: { "GET /x": calling(count, person) } },
        ],
      });
    expect(judged(45)).toEqual([]);
    expect(judged(46)).toHaveLength(1);
    const calls = (route: string, steps: number) =>
      mistakes({
        routes: [
          oidcRoutes(person),
          {
            kind: "routes",
            group: {},
            routes: {
              "GET /x": {
                access: "public",
                compose: compose(
                  Object.fromEntries(Array.from({ length: steps }, (_, n) => [`s${n}`, { route }])) as never,
                ),
              },
            },
          },
        ],
      }).length;
    expect([calls("/auth/callback", 12), calls("/auth/callback", 13)]).toEqual([0, 1]);
    expect([calls("/auth/login", 50), calls("/auth/login", 51)]).toEqual([0, 1]);
  });

  it("of nonsense are none: it is reported elsewhere", () => {
    for (const options of [undefined, null, 1, "x", { provider: null }, { issuers: [null] }])
      for (const type of ["hmac", "webhook", "jwt", "nobody", "constructor"])
        expect([type, options, credentialQuestions({ type, options })]).toEqual([type, options, 0]);
  });
});
