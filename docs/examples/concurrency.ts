// Reports are dear: no more than 20 at once over all isolates, while up to 50 wait a moment for their turn, and one for
// each tenant. Where permits cannot be had, reports go on; a limit on trial refuses nobody.
import { concurrency, defineGateway, defineRoutes, upstream } from "isogate";

const reports = upstream("reports", { origin: "https://reports.example" });
const perTenant = concurrency({ name: "per-tenant", limit: 1, by: ["headers.x-tenant"] });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /reports": {
          concurrency: [
            perTenant,
            {
              name: "reports",
              limit: 20,
              scope: "global",
              queue: { size: 50, wait: "200ms" },
              onStoreFailure: "allow",
            },
          ],
          forward: { upstream: reports },
        },
        "GET /summary": {
          concurrency: { limit: 100, until: "headers", mode: "report" },
          forward: { upstream: reports },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/reports -H 'X-Tenant: tea'
//   > GET https://reports.example/reports
//   > x-tenant: tea
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/summary
//   > GET https://reports.example/summary
//   < 200
// HTTP/1.1 200 OK
