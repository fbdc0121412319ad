// A bucket of ten tokens that fills with one a second. An export costs as many as it asks for.
import { defineGateway, defineRoutes, upstream } from "isogate";

const exports = upstream("exports", { origin: "https://exports.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /export": {
          rateLimit: {
            algorithm: "tokenBucket",
            limit: 60,
            window: "1m",
            burst: 10,
            cost: "query.count",
            counting: "exact",
          },
          forward: { upstream: exports },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/export?count=8
//   > GET https://exports.example/export?count=8
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "60-per-1m";q=10;w=10
// ratelimit: "60-per-1m";r=2;t=1
//
// $ curl -i http://localhost:8787/export?count=5
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "60-per-1m";q=10;w=10
// ratelimit: "60-per-1m";r=2;t=3
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 60 units per 1m in bursts of 10 are allowed.",…}
//
// # 3s later
// $ curl -i http://localhost:8787/export?count=5
//   > GET https://exports.example/export?count=5
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "60-per-1m";q=10;w=10
// ratelimit: "60-per-1m";r=0;t=1
//
// $ curl -i http://localhost:8787/export?count=many
// HTTP/1.1 400 Bad Request
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"unusable-value","detail":"query.count is not a whole number from 1 to 10.",…}
