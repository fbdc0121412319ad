// Tokens that come by other ways than Authorization, encrypted ones, and ones that were taken back.
import { defineGateway, defineRoutes, env, jwt, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const issuer = upstream("issuer", { origin: env("ORIGIN") });
const own = {
  issuer: "https://login.example",
  audience: "https://api.example",
  keys: { upstream: issuer, path: "/jwks.json" },
};

const inCookie = jwt({ issuers: own, from: { cookie: "session" } });
const trusting = jwt({
  issuers: own,
  from: { header: "authorization", cookie: "session" },
  trustedOrigins: ["https://app.example"],
});
const inQuery = jwt({ issuers: own, from: { query: "access_token" } });
const inHeader = jwt({ issuers: own, from: { header: "x-access-token", cookie: "session" } });
const encrypted = jwt({ issuers: own, decryptionKeys: [secret("DECRYPTION_KEY")] });
const revocable = jwt({
  issuers: { ...own, revoked: { upstream: issuer, path: "/revoked.json", every: "1s", maxStale: "2s" } },
});
const named = jwt({
  issuers: { ...own, rolesClaim: "realm_access.roles", consumerClaim: "org", planClaim: "tier" },
});
const forward = { upstream: origin };

export const routes = defineRoutes(
  {},
  {
    "ANY /cookie": { access: inCookie, forward },
    "ANY /trusting": { access: trusting, forward },
    "GET /query": { access: inQuery, forward },
    "GET /header": { access: inHeader, forward },
    "GET /cached": { access: inQuery, cache: { ttl: "1m", key: { identity: true } }, forward },
    "GET /encrypted": { access: encrypted, forward },
    "GET /revocable": { access: revocable, forward },
    "GET /named": { access: named, forward },
    "GET /trial": {
      access: { rule: inCookie({ scopes: ["admin"] }), mode: "report", meanwhile: inCookie },
      forward,
    },
  },
);

export default defineGateway({ routes: [routes] });
