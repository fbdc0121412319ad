// Callers of several kinds on one route, and two proofs at once.
import { allOf, anyOf, apiKey, defineGateway, defineRoutes, jwt } from "isogate";

const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});
const shop = apiKey({ prefix: "shop_live" });

export const orders = defineRoutes(
  { access: anyOf(customer({ scopes: ["orders:write"] }), shop({ scopes: ["orders:read"] })) },
  {
    "GET /orders": { handler: ({ identity }) => ({ by: identity?.id }) },
    // The key says which partner's server calls, the token for whom. The first gives the identity.
    "GET /orders/mine": {
      access: allOf(customer, shop),
      handler: ({ identity }) => ({ by: identity?.id }),
    },
  },
);

export default defineGateway({ routes: [orders] });

// $ curl -i http://localhost:8787/orders -H "X-Api-Key: $ACME"
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"by":"consumers#acme"}
//
// $ curl -i http://localhost:8787/orders/mine -H "Authorization: Bearer $ADA" -H "X-Api-Key: $ACME"
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"by":"https://login.example#ada"}
//
// # Neither is presented: all that would do are named.
// $ curl -i http://localhost:8787/orders
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api", ApiKey realm="api"
//
// {…,"code":"credential-missing",…}
