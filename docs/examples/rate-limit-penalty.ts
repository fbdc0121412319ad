// Who goes beyond the limit is shut out for ten seconds, then for twenty, and for up to an hour; a day later all is forgotten.
import { defineGateway, defineRoutes, upstream } from "isogate";

const search = upstream("search", { origin: "https://search.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /search": {
          rateLimit: { limit: 1, window: "10s", penalty: { first: "10s", most: "1h", memory: "1d" } },
          forward: { upstream: search },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/search?q=tea
//   > GET https://search.example/search?q=tea
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "1-per-10s";q=1;w=10
// ratelimit: "1-per-10s";r=0;t=12
//
// $ curl -i http://localhost:8787/search?q=tea
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "1-per-10s";q=1;w=10
// ratelimit: "1-per-10s";r=0;t=12
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 1 requests per 10s are allowed.",…}
//
// # 5s later
// $ curl -i http://localhost:8787/search?q=tea
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "1-per-10s";q=1;w=10
// ratelimit: "1-per-10s";r=0;t=5
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 1 requests per 10s are allowed.",…}
