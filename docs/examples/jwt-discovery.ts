// An issuer that says itself where its keys are, what its callers may be called here, and which tokens it has taken back.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const login = upstream("login", { origin: "https://login.example" });
const customer = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "shop",
    keys: { discovery: true },
    rolesClaim: "role",
    consumerClaim: "org",
    planClaim: "plan.name",
    revoked: { upstream: login, path: "/revoked", every: "1m", maxStale: "5m" },
  },
});

export const me = defineRoutes(
  { access: customer },
  { "GET /me": { handler: ({ identity }) => ({ roles: identity?.roles, consumer: identity?.consumer }) } },
);

export default defineGateway({ routes: [me] });

// $ curl -i http://localhost:8787/me -H "Authorization: Bearer $GRACE"
//   > GET https://login.example/.well-known/openid-configuration
//   > accept: application/json
//   < 200
//   < {"issuer":"https://login.example","jwks_uri":"https://login.example/keys"}
//   > GET https://login.example/revoked
//   > accept: application/json
//   < 200
//   < {"jti":[],"sub":["ada"],"before":{"grace":1700000000}}
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"roles":["staff"],"consumer":"tea"}
//
// $ curl -i http://localhost:8787/me -H "Authorization: Bearer $ADA"
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api", error="invalid_token", error_description="The token was not accepted"
//
// {…,"code":"credential-invalid",…}
