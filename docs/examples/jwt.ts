// Tokens of the shop's own issuer, whose keys are fetched from their address.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const customer = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: ["shop", "shop-admin"],
    keys: { url: "https://login.example/keys" },
    algorithms: ["ES256"],
    type: ["JWT", "at+jwt"],
    scopesClaim: "scope",
  },
  tolerance: "5s",
  maxTokenSize: "4KB",
  forwardToken: true,
});

export default defineGateway({
  routes: [defineRoutes({ access: customer }, { "GET /orders": { forward: { upstream: orders } } })],
});

// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ADA"
//   > GET https://orders.example/orders
//   > authorization: Bearer $ADA
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/orders -H 'Authorization: Bearer rubbish'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api", error="invalid_token", error_description="The token was not accepted"
//
// {…,"code":"credential-invalid","detail":"The token was not accepted",…}
//
// $ curl -i http://localhost:8787/orders
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api"
//
// {…,"code":"credential-missing",…}
