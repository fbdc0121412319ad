// Ten reports a month for each customer. Operations are told when one has used eight of them, in a request that is
// signed. Customers can look for themselves.
import { apiKey, defineGateway, defineRoutes, env, quota, secret, upstream } from "isogate";

const operations = upstream("operations", {
  origin: env("HOOKS_URL"),
  credential: {
    hmac: {
      secret: secret("HOOK_SECRET"),
      message: "{timestamp}.{body}",
      fields: { "X-Signature": "t={timestamp},v1={signature}" },
    },
  },
});
const monthly = quota({
  name: "monthly",
  limit: 10,
  period: "month",
  warnAt: [0.8],
  warnTo: { upstream: operations, path: "/quota" },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: apiKey({ prefix: "shop_live" }) },
      {
        "GET /reports": { quota: monthly, respond: { text: "a report" } },
        "GET /_gateway/usage": { usage: { quotas: [monthly] } },
      },
    ),
  ],
});

// $ npm run -s check -- --manifest docs/examples/quota-warnings.ts
//   1. quota-warnings.ts  upstream "operations" → credential.hmac
//      the secret HOOK_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["HOOK_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/reports -H "X-API-Key: $ACME"
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
// ratelimit-policy: "monthly";q=10;w=…
// ratelimit: "monthly";r=9;t=…
//
// a report
