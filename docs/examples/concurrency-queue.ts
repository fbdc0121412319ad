// Two reports at once, and three that wait for up to two seconds; one export at once for each tenant, whichever isolate
// its requests come to.
import { defineGateway, defineRoutes, upstream } from "isogate";

const archive = {
  async fetch() {
    await new Promise((done) => setTimeout(done, 300));
    return new Response("a report");
  },
};
export const reports = upstream("reports", { origin: archive });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /reports": {
          concurrency: { limit: 2, queue: { size: 3, wait: "2s" } },
          forward: { upstream: reports },
        },
        "GET /exports": {
          concurrency: { name: "exports", limit: 1, by: ["headers.x-tenant"], scope: "global" },
          forward: { upstream: reports },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/reports
// HTTP/1.1 200 OK
// content-type: text/plain;charset=UTF-8
//
// a report
