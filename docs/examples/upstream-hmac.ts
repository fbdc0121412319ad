// Requests signed with a secret that the gateway shares with the origin, in the origin's own form.
import { defineGateway, defineRoutes, secret, upstream } from "isogate";

const partner = upstream("partner", {
  origin: "https://partner.example",
  credential: {
    hmac: {
      secret: secret("VENDOR_KEY"),
      message: "{timestamp}.{method}.{path}.{body}",
      fields: { "X-Partner-Signature": "t={timestamp},v1={signature}" },
      algorithm: "sha256",
      encoding: "hex",
      maxBody: "100KB",
    },
  },
});

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "POST /orders": { forward: { upstream: partner } } })],
});

// $ npm run -s check -- --manifest docs/examples/upstream-hmac.ts
//   1. upstream-hmac.ts  upstream "partner" → credential.hmac
//      the secret VENDOR_KEY is not listed in wrangler.toml
//      Add it to [secrets]: required = ["VENDOR_KEY"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/orders -d '{"tea":"assam"}'
//   > POST https://partner.example/orders
//   > x-partner-signature: t=…,v1=…
//   > {"tea":"assam"}
//   < 200
// HTTP/1.1 200 OK
