// Keys of registered consumers, in a header, as Bearer or in a parameter. An operator makes them:
// POST /_gateway/consumers {"id":"acme","plan":"gold"}, then
// POST /_gateway/consumers/acme/keys {"prefix":"shop_live","scopes":["orders:read"]} shows $ACME, once.
import { apiKey, defineGateway, defineRoutes, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const shop = apiKey({
  prefix: "shop_live",
  header: "x-shop-key",
  query: "shop_key",
  bearer: true,
  staleness: "10s",
});

export default defineGateway({
  routes: [
    defineRoutes(
      {},
      {
        "GET /orders": { access: shop({ scopes: ["orders:read"] }), forward: { upstream: orders } },
        "DELETE /orders": { access: shop({ scopes: ["orders:write"] }), forward: { upstream: orders } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/orders -H "X-Shop-Key: $ACME"
//   > GET https://orders.example/orders
//   > x-identity-consumer: acme
//   > x-identity-credential: apiKey
//   > x-identity-id: consumers#acme
//   > x-identity-issuer: consumers
//   > x-identity-plan: gold
//   > x-identity-scopes: orders:read
//   > x-identity-subject: acme
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ACME"
//   > GET https://orders.example/orders
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i -X DELETE http://localhost:8787/orders -H "X-Shop-Key: $ACME"
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: ApiKey realm="api", Bearer realm="api", error="insufficient_scope", scope="orders:write"
//
// {…,"code":"insufficient-rights",…}
//
// $ curl -i http://localhost:8787/orders -H 'X-Shop-Key: shop_live_guess'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: ApiKey realm="api", Bearer realm="api"
//
// {…,"code":"credential-invalid","detail":"The API key was not accepted",…}
