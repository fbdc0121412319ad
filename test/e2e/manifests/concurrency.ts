// Every way to let only so many in at once.
import { concurrency, defineGateway, defineRoutes, env, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const forward = { upstream: origin };
const everywhere = concurrency({ limit: 2, scope: "global", name: "everywhere" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /isolate": { concurrency: { limit: 2 }, forward },
        "GET /headers": { concurrency: { limit: 1, until: "headers" }, forward },
        "GET /queued": { concurrency: { limit: 1, queue: { size: 3, wait: "8s" } }, forward },
        "GET /shortly": { concurrency: { limit: 1, queue: { size: 1, wait: "100ms" } }, forward },
        "GET /tenants": { concurrency: { limit: 1, by: ["headers.x-tenant"], scope: "global" }, forward },
        "GET /everywhere": { concurrency: everywhere, forward },
        "GET /line": {
          concurrency: { limit: 1, scope: "global", queue: { size: 3, wait: "8s" } },
          forward,
        },
      },
    ),
  ],
});
