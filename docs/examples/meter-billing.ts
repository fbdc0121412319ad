// Each answer is on disk before it goes out, and reaches the billing endpoint soon after, in a request that is signed.
import { apiKey, defineGateway, defineRoutes, env, secret, upstream } from "isogate";

const billing = upstream("billing", {
  origin: env("BILLING_URL"),
  credential: {
    hmac: {
      secret: secret("BILLING_SECRET"),
      message: "{timestamp}.{body}",
      fields: { "X-Signature": "t={timestamp},v1={signature}" },
    },
  },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: apiKey({ prefix: "shop_live" }) },
      {
        "GET /answers": {
          meter: {
            event: "tokens",
            value: "response.headers.x-tokens",
            dimensions: { route: "route.id", plan: "identity.plan" },
            durable: true,
            to: { upstream: billing, path: "/events", every: "1s" },
          },
          respond: { text: "42", headers: { "x-tokens": "7" } },
        },
      },
    ),
  ],
});

// $ npm run -s check -- --manifest docs/examples/meter-billing.ts
//   1. meter-billing.ts  upstream "billing" → credential.hmac
//      the secret BILLING_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["BILLING_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/answers -H "X-API-Key: $ACME"
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
// x-tokens: 7
//
// 42
