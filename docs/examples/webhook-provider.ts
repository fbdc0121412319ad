// Webhooks of any provider that signs with a shared secret: what is signed, and where that stands.
import { defineGateway, defineRoutes, secret, webhook } from "isogate";

const billing = webhook({
  provider: {
    name: "billing",
    signature: { header: "x-billing-signature", prefix: "v1=", encoding: "base64" },
    timestamp: "x-billing-time",
    id: "x-billing-id",
    message: "{id}.{timestamp}.{body}",
    algorithm: "sha512",
  },
  secret: secret("BILLING_SECRET"),
});

export const hooks = defineRoutes(
  { access: billing },
  { "POST /hooks/billing": { handler: ({ identity }) => ({ from: identity?.id }) } },
);

export default defineGateway({ routes: [hooks] });

// $ npm run -s check -- --manifest docs/examples/webhook-provider.ts
//   1. webhook-provider.ts  group → access
//      the secret BILLING_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["BILLING_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/hooks/billing -H "X-Billing-Signature: $BILLING" -H "X-Billing-Time: $NOW" \
//     -H 'X-Billing-Id: 42' -d '{"paid":true}'
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"from":"webhook#billing"}
//
// $ curl -i http://localhost:8787/hooks/billing -d '{"paid":true}'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Webhook realm="billing"
//
// {…,"code":"credential-missing",…}
