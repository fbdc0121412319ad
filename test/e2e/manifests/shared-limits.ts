// Limits that several gateways hold together, in every way of counting.
import { defineGateway, defineRoutes, rateLimit } from "isogate";

const respond = { json: { served: true } };
const limit = { limit: 2_000, window: "1d", algorithm: "slidingWindow", by: ["query.run"] } as const;
const few = rateLimit({ ...limit, limit: 5 });
const open = { onStoreFailure: "allow" } as const;

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /leased": { rateLimit: limit, respond },
        "GET /exact": { rateLimit: { ...limit, limit: 300, counting: "exact" }, respond },
        "GET /bounded": { rateLimit: { ...limit, counting: "bounded", slack: 10 }, respond },
        "GET /bucket": { rateLimit: { ...limit, algorithm: "tokenBucket" }, respond },
        "GET /leased/deny": { rateLimit: few, respond },
        "GET /leased/allow": { rateLimit: { ...few, ...open }, respond },
        "GET /exact/deny": { rateLimit: { ...few, counting: "exact" }, respond },
        "GET /exact/allow": { rateLimit: { ...few, counting: "exact", ...open }, respond },
      },
    ),
  ],
});
