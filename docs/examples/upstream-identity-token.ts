// Who calls, signed by the gateway: an origin that verifies it need not trust whoever can reach it. The keys are at
// `/_gateway/jwks.json`.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});
const orders = upstream("orders", {
  origin: "https://orders.example",
  identityToken: { audience: "orders", ttl: "1m", issuer: "https://api.example", claims: ["org"] },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /orders": { forward: { upstream: orders } },
        "GET /teas": { access: "public", forward: { upstream: orders } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ADA" -H 'X-Identity-Token: mine'
//   > GET https://orders.example/orders
//   > x-identity-credential: jwt
//   > x-identity-id: https://login.example#ada
//   > x-identity-issuer: https://login.example
//   > x-identity-scopes: orders:read
//   > x-identity-subject: ada
//   > x-identity-token: eyJ…
//   < 200
// HTTP/1.1 200 OK
//
// # Nobody is known here, and what the client says of itself goes no further.
// $ curl -i http://localhost:8787/teas -H 'X-Identity-Token: mine' -H 'X_Identity_Id: root'
//   > GET https://orders.example/teas
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/_gateway/jwks.json
// HTTP/1.1 200 OK
// cache-control: public, max-age=300
// content-type: application/jwk-set+json
// x-content-type-options: nosniff
//
// {"keys":[{"kty":"EC","crv":"P-256",…,"alg":"ES256","use":"sig"}]}
