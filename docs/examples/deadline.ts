// Whatever a report takes, its caller has an answer after 50 ms.
import { defineGateway, defineRoutes, upstream } from "isogate";

const reports = upstream("reports", { origin: "https://reports.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      { "GET /report": { deadline: "50ms", forward: { upstream: reports } } },
    ),
  ],
});

// $ curl -i http://localhost:8787/report
//   > GET https://reports.example/report
//   < never
// HTTP/1.1 504 Gateway Timeout
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"upstream-timeout",…}
