// Every way to limit, with the counters that the environment gives, which are asked for each request.
import { defineGateway, defineRoutes, env, jwt, rateLimit, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});

const exact = { window: "1d", counting: "exact" } as const;
const respond = { json: { served: true } };
const shared = rateLimit({ group: "shared", limit: 4, ...exact, by: ["address"] });
const fromOrigin = rateLimit({ name: "origin", limit: 1, ...exact, count: "origin" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /sliding": { rateLimit: { name: "sliding", limit: 3, ...exact }, respond },
        "GET /fixed": { rateLimit: { name: "fixed", algorithm: "fixedWindow", limit: 3, ...exact }, respond },
        "GET /bucket": {
          rateLimit: { name: "bucket", algorithm: "tokenBucket", limit: 24, ...exact, burst: 3 },
          respond,
        },
        "GET /cost": { rateLimit: { name: "units", limit: 10, ...exact, cost: "query.count" }, respond },
        "GET /several/:tea": {
          rateLimit: [
            { name: "burst", limit: 2, ...exact, by: ["address", "params.tea"] },
            { name: "day", limit: 9, ...exact, algorithm: "fixedWindow", by: ["address"] },
            { name: "bucket", limit: 24, ...exact, algorithm: "tokenBucket", burst: 7, by: ["address"] },
          ],
          respond,
        },
        "GET /staged": {
          access: token,
          rateLimit: [
            { name: "before", limit: 9, ...exact, by: ["address"] },
            { name: "after", limit: 2, ...exact, by: ["identity.id"] },
          ],
          respond,
        },
        "GET /guarded": {
          access: token,
          rateLimit: { name: "guesses", limit: 3, ...exact, on: "authFailure" },
          respond,
        },
        "GET /cached": { cache: { ttl: "1h" }, rateLimit: fromOrigin, forward: { upstream: origin } },
        "GET /stale": {
          cache: { ttl: "1s", staleIfError: "1h" },
          rateLimit: fromOrigin,
          forward: { upstream: origin },
        },
        "GET /group/a": { rateLimit: shared, respond },
        "GET /group/b": { rateLimit: { ...shared, cost: 2, name: "dear" }, respond },
        "GET /trial": {
          rateLimit: [
            { name: "trial", limit: 1, ...exact, mode: "report" },
            { name: "real", limit: 100, ...exact },
          ],
          respond,
        },
        "GET /restarted": { rateLimit: { name: "restarted", limit: 5, ...exact, by: ["route"] }, respond },
        "GET /hurried": { deadline: "200ms", rateLimit: { limit: 5, ...exact }, respond },
      },
    ),
  ],
});
