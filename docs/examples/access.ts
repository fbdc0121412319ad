// Everybody, whoever holds a credential, and whoever holds one that grants more.
import { allOf, anyOf, defineGateway, defineRoutes, jwt, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});
const staff = customer({ claims: { role: ["staff", "owner"] } });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /opening-hours": { access: "public", respond: { text: "8 to 18" } },
        "GET /orders": { forward: { upstream: orders } },
        "POST /orders": { access: customer({ scopes: ["orders:write"] }), forward: { upstream: orders } },
        "GET /orders/all": {
          access: allOf(staff, customer({ scopes: ["orders:read"] })),
          respond: { json: [] },
        },
        "GET /reports": { access: anyOf(staff, customer({ claims: { org: "tea" } })), respond: { json: [] } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/opening-hours
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// 8 to 18
//
// $ curl -i http://localhost:8787/orders
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api"
//
// {…,"code":"credential-missing",…}
//
// # The origin is told who calls, in fields that no client can set, and not the token.
// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ADA" -H 'X-Identity-Subject: grace'
//   > GET https://orders.example/orders
//   > x-identity-credential: jwt
//   > x-identity-id: https://login.example#ada
//   > x-identity-issuer: https://login.example
//   > x-identity-scopes: orders:read
//   > x-identity-subject: ada
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $EXPIRED"
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api", error="invalid_token", error_description="The token has expired"
//
// {…,"code":"credential-invalid","detail":"The token has expired",…}
//
// $ curl -i -X POST http://localhost:8787/orders -H "Authorization: Bearer $ADA"
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api", error="insufficient_scope", scope="orders:write"
//
// {…,"code":"insufficient-rights",…}
//
// $ curl -i http://localhost:8787/orders/all -H "Authorization: Bearer $GRACE"
// HTTP/1.1 200 OK
// content-type: application/json
//
// []
//
// $ curl -i http://localhost:8787/reports -H "Authorization: Bearer $ADA"
// HTTP/1.1 200 OK
// content-type: application/json
//
// []
