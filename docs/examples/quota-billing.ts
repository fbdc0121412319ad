// Billing periods that begin on the last of each month; a claim could say it of each caller. Plans have more, and
// operations are told before somebody has used all. A second quota is on trial.
import { apiKey, defineGateway, defineRoutes, quota, upstream } from "isogate";

const reports = upstream("reports", { origin: "https://reports.example" });
const operations = upstream("operations", { origin: "https://operations.example" });
const partner = apiKey({ prefix: "shop_live" });

const billed = quota({
  name: "billed",
  limit: 1_000,
  period: "month",
  anchor: 31,
  plans: { gold: 10_000 },
  warnAt: [0.8, 0.95],
  warnTo: { upstream: operations, path: "/hooks/quota" },
});
const trial = quota({
  name: "fortnight",
  limit: 500,
  period: { days: 14 },
  anchor: "2026-01-05",
  by: ["identity.consumer", "params.report"],
  mode: "report",
  onStoreFailure: "allow",
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: partner },
      { "GET /reports/:report": { quota: [billed, trial], forward: { upstream: reports } } },
    ),
  ],
});

// $ curl -i http://localhost:8787/reports/sales -H "X-API-Key: $ACME"
//   > GET https://reports.example/reports/sales
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "billed";q=10000;w=…
// ratelimit: "billed";r=9999;t=…
