// Signing keys of registered consumers: of several keys that belong to one, all are good for as long as it is not suspended.
import { defineGateway, defineRoutes, hmac, secret } from "isogate";

const partner = hmac({
  keys: { acme: secret("SIGNING_SECRET"), "acme-batch": secret("SIGNING_SECRET_OLD") },
  consumers: { acme: "acme", "acme-batch": "acme" },
  registered: { staleness: "10s" },
  algorithm: "sha512",
  headers: ["content-type"],
  nonce: true,
});

export const orders = defineRoutes(
  { access: partner },
  {
    "POST /orders": {
      handler: ({ identity }) => ({ by: identity?.consumer, plan: identity?.plan }),
    },
  },
);

export default defineGateway({ routes: [orders] });

// $ npm run -s check -- --manifest docs/examples/hmac-registered.ts
//   1. hmac-registered.ts  group → access
//      the secret SIGNING_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SIGNING_SECRET"]
//   2. hmac-registered.ts  group → access
//      the secret SIGNING_SECRET_OLD is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SIGNING_SECRET_OLD"]
//
// 2 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/orders -H "Authorization: $HMAC" \
//     -H 'Content-Type: application/json' -d '{"tea":"assam"}'
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"by":"acme","plan":"gold"}
