// Every way to limit, with the counters that the environment gives.
import { defineGateway, defineRoutes, env, jwt, rateLimit, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});

const window = "1d";
const respond = { json: { served: true } };
const shared = rateLimit({ group: "shared", limit: 4, window, by: ["address"] });
const fromOrigin = rateLimit({ name: "origin", limit: 1, window, count: "origin" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /sliding": { rateLimit: { name: "sliding", limit: 3, window }, respond },
        "GET /fixed": { rateLimit: { name: "fixed", algorithm: "fixedWindow", limit: 3, window }, respond },
        "GET /bucket": {
          rateLimit: { name: "bucket", algorithm: "tokenBucket", limit: 24, window, burst: 3 },
          respond,
        },
        "GET /cost": { rateLimit: { name: "units", limit: 10, window, cost: "query.count" }, respond },
        "GET /several/:tea": {
          rateLimit: [
            { name: "burst", limit: 2, window, by: ["address", "params.tea"] },
            { name: "day", limit: 9, window, algorithm: "fixedWindow", by: ["address"] },
            { name: "bucket", limit: 24, window, algorithm: "tokenBucket", burst: 7, by: ["address"] },
          ],
          respond,
        },
        "GET /staged": {
          access: token,
          rateLimit: [
            { name: "before", limit: 9, window, by: ["address"] },
            { name: "after", limit: 2, window, by: ["identity.id"] },
          ],
          respond,
        },
        "GET /guarded": {
          access: token,
          rateLimit: { name: "guesses", limit: 3, window, on: "authFailure" },
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
            { name: "trial", limit: 1, window, mode: "report" },
            { name: "real", limit: 100, window },
          ],
          respond,
        },
        "GET /restarted": { rateLimit: { name: "restarted", limit: 5, window, by: ["route"] }, respond },
        "GET /hurried": { deadline: "200ms", rateLimit: { limit: 5, window }, respond },
      },
    ),
  ],
});
