// Who may do what with orders: the first rule that holds decides, and where none does the answer is no.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

export default defineGateway({
  routes: [
    defineRoutes(
      {
        access: customer,
        authorize: {
          mode: "enforce",
          rules: [
            { deny: true, when: 'request.address in cidr("192.0.2.0/24")' },
            { allow: true, roles: ["auditor"], methods: ["GET"] },
            { allow: true, claims: { role: "staff" } },
            {
              allow: true,
              methods: ["GET"],
              scopes: ["orders:read"],
              when: "request.params.org == identity.claims.org",
              reason: "Read the orders of your own organisation.",
            },
          ],
        },
      },
      { "ANY /orgs/:org/orders": { forward: { upstream: orders } } },
    ),
  ],
});

// $ curl -i http://localhost:8787/orgs/tea/orders -H "Authorization: Bearer $ADA"
//   > GET https://orders.example/orgs/tea/orders
//   < 200
//   log {"authorization":"rules.3 allows"}
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/orgs/coffee/orders -H "Authorization: Bearer $ADA"
//   log {"authorization":"no rule allows"}
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"insufficient-rights","detail":"Read the orders of your own organisation.",…}
//
// $ curl -i -X DELETE http://localhost:8787/orgs/coffee/orders -H "Authorization: Bearer $GRACE"
//   > DELETE https://orders.example/orgs/coffee/orders
//   < 204
//   log {"authorization":"rules.2 allows"}
// HTTP/1.1 204 No Content
