// A stricter rule on trial: `meanwhile` decides, and the access log tells whom `rule` would have refused.
import { defineGateway, defineRoutes, jwt } from "isogate";

const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: { rule: customer({ scopes: ["orders:write"] }), mode: "report", meanwhile: customer } },
      { "POST /orders": { respond: { status: 201 } } },
    ),
  ],
});

// $ curl -i -X POST http://localhost:8787/orders -H "Authorization: Bearer $ADA"
//   log {"reported":[{"policy":"access","code":"insufficient-rights"}]}
// HTTP/1.1 201 Created
//
// $ curl -i -X POST http://localhost:8787/orders
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api"
//
// {…,"code":"credential-missing",…}
