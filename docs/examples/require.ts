// Whatever a route says, nobody but the staff gets below `/admin`. A second rule is only tried out: it refuses
// nobody, and the access log tells whom it would.
import { defineGateway, defineRoutes, jwt } from "isogate";

const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

export default defineGateway({
  require: [
    { match: "/admin/*", access: customer({ claims: { role: "staff" } }) },
    { match: "/orders/*", access: customer({ scopes: ["orders:read"] }), mode: "report" },
  ],
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /admin/sales": { respond: { json: { sold: 3 } } },
        "GET /orders/:id": { respond: { json: { state: "paid" } } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/admin/sales
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api"
//
// {…,"code":"credential-missing",…}
//
// $ curl -i http://localhost:8787/admin/sales -H "Authorization: Bearer $GRACE"
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"sold":3}
//
// $ curl -i http://localhost:8787/orders/7
//   log {"reported":[{"policy":"access","code":"credential-missing"}]}
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"state":"paid"}
