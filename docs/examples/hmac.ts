// A partner who signs each request. While its secret is being replaced both are good, and no request is good twice.
import { defineGateway, defineRoutes, hmac, secret } from "isogate";

const partner = hmac({
  keys: { acme: [secret("SIGNING_SECRET"), secret("SIGNING_SECRET_OLD")] },
  algorithm: "sha512",
  headers: ["content-type"],
  tolerance: "1m",
  nonce: true,
  realm: "partners",
});

export const orders = defineRoutes(
  { access: partner },
  {
    "POST /orders": {
      handler: async ({ identity, json }) => ({ by: identity?.id, order: await json() }),
    },
  },
);

export default defineGateway({ routes: [orders] });

// $ npm run -s check -- --manifest docs/examples/hmac.ts
//   1. hmac.ts  group → access
//      the secret SIGNING_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SIGNING_SECRET"]
//   2. hmac.ts  group → access
//      the secret SIGNING_SECRET_OLD is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SIGNING_SECRET_OLD"]
//
// 2 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/orders?express=1 -H "Authorization: $HMAC" \
//     -H 'Content-Type: application/json' -d '{"tea":"assam"}'
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"by":"hmac:partners#acme","order":{"tea":"assam"}}
//
// # the same again
// $ curl -i http://localhost:8787/orders?express=1 -H "Authorization: $HMAC" \
//     -H 'Content-Type: application/json' -d '{"tea":"assam"}'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: HMAC realm="partners", algorithm="sha512", headers="content-type"
//
// {…,"code":"credential-invalid",…}
