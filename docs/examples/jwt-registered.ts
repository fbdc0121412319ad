// Tokens of somebody else, for consumers that are registered here: an operator has sent POST /_gateway/consumers
// {"id":"acme","plan":"gold"}. The token says who calls and for which consumer; which plan and roles that consumer has, and
// whether it may call at all, is the registry's to say.
import { defineGateway, defineRoutes, jwt, secret, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const partner = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "shop",
    keys: { secret: secret("PARTNER_SECRET") },
    consumerClaim: "sub",
  },
  registered: { staleness: "10s" },
});
const customer = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "shop",
    keys: { url: "https://login.example/keys" },
    consumerClaim: "org",
  },
  registered: true,
});

export const routes = defineRoutes(
  {},
  {
    "GET /orders": {
      access: partner,
      authorize: { rules: [{ allow: true, when: 'identity.plan == "gold"' }] },
      forward: { upstream: orders },
    },
    "GET /me": { access: customer, respond: { json: {} } },
  },
);

export default defineGateway({ routes: [routes] });

// $ npm run -s check -- --manifest docs/examples/jwt-registered.ts
//   1. jwt-registered.ts  GET /orders → access
//      the secret PARTNER_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["PARTNER_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $PARTNER"
//   > GET https://orders.example/orders
//   > x-identity-consumer: acme
//   > x-identity-credential: jwt
//   > x-identity-id: https://partner.example#acme
//   > x-identity-issuer: https://partner.example
//   > x-identity-plan: gold
//   > x-identity-scopes: orders:read orders:write
//   > x-identity-subject: acme
//   < 200
//   log {"authorization":"rules.0 allows"}
// HTTP/1.1 200 OK
//
// # Ada's organisation is no consumer, so her token is good for nothing here.
// $ curl -i http://localhost:8787/me -H "Authorization: Bearer $ADA"
//   log {"cause":"the consumer tea is not registered"}
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"consumer-unknown",…}
//
// # A token that does not hold is told nothing of that.
// $ curl -i http://localhost:8787/me -H 'Authorization: Bearer rubbish'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api", error="invalid_token", error_description="The token was not accepted"
//
// {…,"code":"credential-invalid",…}
