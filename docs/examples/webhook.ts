// Webhooks of Stripe, while their secret is being replaced. The origin is given those that Stripe has sent, once each.
import { defineGateway, defineRoutes, secret, upstream, webhook } from "isogate";

const shop = upstream("shop", { origin: "https://shop.example" });
const stripe = webhook({
  provider: "stripe",
  secret: [secret("STRIPE_SECRET"), secret("STRIPE_SECRET_OLD")],
  tolerance: "2m",
  refuseCopies: true,
});

export const hooks = defineRoutes(
  { access: stripe },
  { "POST /hooks/stripe": { bodyLimit: "256KB", forward: { upstream: shop } } },
);

export default defineGateway({ routes: [hooks] });

// $ npm run -s check -- --manifest docs/examples/webhook.ts
//   1. webhook.ts  group → access
//      the secret STRIPE_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["STRIPE_SECRET"]
//   2. webhook.ts  group → access
//      the secret STRIPE_SECRET_OLD is not listed in wrangler.toml
//      Add it to [secrets]: required = ["STRIPE_SECRET_OLD"]
//
// 2 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/hooks/stripe -H "Stripe-Signature: $STRIPE" -d '{"type":"charge.succeeded"}'
//   > POST https://shop.example/hooks/stripe
//   > stripe-signature: $STRIPE
//   > {"type":"charge.succeeded"}
//   < 204
// HTTP/1.1 204 No Content
//
// # the same again
// $ curl -i http://localhost:8787/hooks/stripe -H "Stripe-Signature: $STRIPE" -d '{"type":"charge.succeeded"}'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Webhook realm="stripe"
//
// {…,"code":"credential-invalid",…}
