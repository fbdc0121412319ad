// Who may call what: tokens of an issuer with public keys and of a partner with a shared secret.
import { allOf, anyOf, defineGateway, defineRoutes, env, jwt, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const issuer = upstream("issuer", { origin: env("ORIGIN") });

const keys = { upstream: issuer, path: "/jwks.json" };
const own = { issuer: "https://login.example", audience: "https://api.example", keys };
const partner = {
  issuer: "https://partner.example",
  audience: "https://api.example",
  keys: { secret: secret("PARTNER_SECRET") },
};

const token = jwt({ issuers: [own, partner] });
const accessToken = jwt({ issuers: { ...own, type: "at+jwt" } });
const forwarded = jwt({ issuers: own, forwardToken: true });

const forward = { upstream: origin };

export const routes = defineRoutes(
  {},
  {
    "ANY /me": { access: token, forward },
    "GET /orders": { access: token({ scopes: ["orders:read"] }), forward },
    "DELETE /orders": { access: token({ scopes: ["orders:read", "orders:delete"] }), forward },
    "GET /org": { access: token({ claims: { org: ["tea", "coffee"] } }), forward },
    "GET /typed": { access: accessToken, forward },
    "GET /either": {
      access: anyOf(accessToken({ scopes: ["admin"] }), token({ scopes: ["orders:read"] })),
      forward,
    },
    "GET /both": { access: allOf(token, accessToken), forward },
    "GET /forwarded": { access: forwarded, forward },
    "GET /own": {
      access: token,
      forward: { upstream: origin, path: "/users/{identity.subject}?org={identity.claims.org}" },
    },
    "GET /named": {
      access: token,
      headers: { request: { set: { "x-name": "{identity.claims.name}" } } },
      forward,
    },
    "GET /open": { access: "public", forward },
    // Whatever the rules below leave of these is open to everybody.
    "ANY /*": { access: "public", forward },
    "ANY /:section/*": { access: "public", forward },
    "GET /admin/open": { access: "public", forward },
    "GET /:section/reports": { access: "public", forward },
  },
);

export default defineGateway({
  require: [
    { match: "/admin/*", access: token({ scopes: ["admin"] }) },
    { match: "/:section/reports", access: token({ scopes: ["reports"] }) },
  ],
  routes: [routes],
});
