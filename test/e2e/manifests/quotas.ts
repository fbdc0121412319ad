// Quotas of days and months, what uses them up, and who is told.
import { defineGateway, defineRoutes, env, jwt, quota, secret, upstream } from "isogate";

const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});
const operations = upstream("operations", {
  origin: env("ORIGIN"),
  credential: { bearer: { token: secret("HOOK_TOKEN") } },
});

const monthly = quota({ name: "monthly", limit: 5, period: "month", timeZone: "Europe/Berlin", anchor: 31 });
const large = quota({ name: "large", limit: 1_000_000, period: "week" });
const exact = quota({ name: "exact", limit: 40, period: "day", by: ["route"] });
const watched = quota({
  name: "watched",
  limit: 10,
  period: { days: 30 },
  anchor: "2026-01-01",
  cost: "query.cost",
  warnAt: [0.5, 0.9],
  warnTo: { upstream: operations, path: "/hooks/quota" },
});
const narrow = quota({ name: "narrow", limit: 1, period: "day" });
const respond = { json: { served: true } };

export default defineGateway({
  routes: [
    defineRoutes(
      { access: token },
      {
        "GET /monthly": { quota: monthly, respond },
        "GET /monthly/too": { quota: monthly, respond },
        "GET /large": { quota: large, respond },
        "GET /watched": { quota: watched, respond },
        "GET /both": { quota: [large, narrow], respond },
        "GET /limited": { quota: large, rateLimit: { limit: 1, window: "1d" }, respond },
        "GET /limited-before": {
          quota: narrow,
          rateLimit: { name: "twenty", limit: 20, window: "1d" },
          respond,
        },
        "GET /_gateway/usage": { usage: { quotas: [monthly, large, watched, narrow] } },
      },
    ),
    defineRoutes({ access: "public" }, { "GET /exact": { quota: exact, respond } }),
  ],
});
