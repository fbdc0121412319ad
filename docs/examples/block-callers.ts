// Callers told apart by who they are, wherever they call from. An operator puts one leaked token or key on the list
// `leaked` with PUT /_gateway/admin/blocks {"list":"leaked","kind":"key","value":"…","reason":"in a public repository"},
// where the value is what the access log has in `key`; and consumers who may see prices on `partners`, with the kind
// `consumer`. Nobody stands on either in this example.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const customer = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "shop",
    keys: { url: "https://login.example/keys" },
    consumerClaim: "org",
  },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /orders": { block: { deny: ["leaked"] }, forward: { upstream: orders } },
        "GET /prices": { block: { allow: ["partners"] }, forward: { upstream: orders } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ADA"
//   > GET https://orders.example/orders
//   < 200
//   log {"identity":"https://login.example#ada"}
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/prices -H "Authorization: Bearer $ADA"
//   log {"code":"blocked","cause":"on none of the lists partners"}
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"blocked",…}
