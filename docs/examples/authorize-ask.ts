// A service decides, in the manner of the Open Policy Agent; its decisions are kept for a while.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const policies = upstream("policies", { origin: "https://policies.example" });
const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /orders/:id": {
          authorize: {
            rules: [
              {
                ask: {
                  upstream: policies,
                  path: "/v1/data/orders/read",
                  input: { user: "identity.subject", org: "identity.claims.org", order: "request.params.id" },
                  timeout: "500ms",
                  cache: { ttl: "10s", by: ["user", "order"] },
                  toOrigin: ["x-tenant"],
                },
              },
            ],
          },
          forward: { upstream: orders },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/orders/7 -H "Authorization: Bearer $ADA"
//   > POST https://policies.example/v1/data/orders/read
//   > accept: application/json
//   > content-type: application/json
//   > {"input":{"user":"ada","org":"tea","order":"7"}}
//   < 200
//   < {"result":{"allow":true,"headers":{"x-tenant":"tea"}}}
//   > GET https://orders.example/orders/7
//   > x-tenant: tea
//   < 200
// HTTP/1.1 200 OK
//
// # 5s later
// $ curl -i http://localhost:8787/orders/7 -H "Authorization: Bearer $ADA" -H 'x-tenant: coffee'
//   > GET https://orders.example/orders/7
//   > x-tenant: tea
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/orders/8 -H "Authorization: Bearer $ADA"
//   > POST https://policies.example/v1/data/orders/read
//   > accept: application/json
//   > content-type: application/json
//   > {"input":{"user":"ada","org":"tea","order":"8"}}
//   < 200
//   < {"result":{"allow":false,"reason":"order 8 is another's"}}
//   log {"cause":"authorize: rules.0: the service denies, order 8 is another's"}
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"insufficient-rights",…}
//
// $ curl -i http://localhost:8787/orders/9 -H "Authorization: Bearer $ADA"
//   > POST https://policies.example/v1/data/orders/read
//   > accept: application/json
//   > content-type: application/json
//   > {"input":{"user":"ada","org":"tea","order":"9"}}
//   < 500
// HTTP/1.1 503 Service Unavailable
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"authorization-unavailable",…}
