// What is billed: durable, after the answer, and out of credit.
import { defineGateway, defineRoutes, env, jwt, meter, secret, upstream } from "isogate";

const billing = upstream("billing", { origin: env("BILLING_URL") });
const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});
const to = { upstream: billing, path: "/events", every: "1s", batch: 50 } as const;
const paid = meter({ event: "paid.call", durable: true, prepaid: { reserve: 1 }, to });

export const routes = defineRoutes(
  { access: token },
  {
    "GET /durable": {
      meter: { event: "durable.call", durable: true, dimensions: { route: "route.id" }, to },
      respond: { text: "durable" },
    },
    "GET /soon": { meter: { event: "soon.call", to }, respond: { text: "soon" } },
    "GET /failing": {
      meter: { event: "failing.call", durable: true, to },
      respond: { status: 404, text: "no" },
    },
    "GET /paid": { meter: paid, respond: { text: "paid" } },
    "GET /_gateway/usage": { usage: { credits: [paid] } },
    "GET /limited": {
      rateLimit: { name: "hourly", limit: 9, window: "1h", by: ["identity.id"] },
      quota: { name: "daily", limit: 3, period: "day" },
      meter: { event: "limited.call", prepaid: { reserve: 1 }, to },
      respond: { text: "limited" },
    },
    "GET /tokens": {
      meter: {
        event: "tokens",
        value: "response.headers.x-tokens",
        durable: true,
        prepaid: { reserve: 10 },
        to,
      },
      respond: { text: "tokens", headers: { "x-tokens": "3" } },
    },
  },
);

export default defineGateway({ routes: [routes] });
