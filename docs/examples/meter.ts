// What callers use is added up and sent to the billing endpoint. What an answer says in its `X-Tokens` is written down
// before the answer goes out, the call itself after it.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const billing = upstream("billing", { origin: "https://billing.example" });
const customer = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "shop",
    keys: { url: "https://login.example/keys" },
  },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /answers": {
          meter: [
            {
              event: "tokens",
              value: "response.headers.x-tokens",
              dimensions: { route: "route.id", plan: "identity.plan" },
              durable: true,
              to: { upstream: billing, path: "/v1/events", every: "1h", batch: 500 },
            },
            {
              event: "api.call",
              by: "identity.id",
              when: { errors: true, hits: false },
              to: { upstream: billing, path: "/v1/events", every: "1h" },
            },
          ],
          respond: { text: "42", headers: { "x-tokens": "7" } },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/answers -H "Authorization: Bearer $ADA"
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
// x-tokens: 7
//
// 42
