// Two searches a minute for each network address; the third waits.
import { defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      { "GET /search": { rateLimit: { limit: 2, window: "1m" }, forward: { upstream: catalog } } },
    ),
  ],
});

// $ curl -i http://localhost:8787/search?q=green
//   > GET https://catalog.example/search?q=green
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "2-per-1m";q=2;w=60
// ratelimit: "2-per-1m";r=1;t=68
//
// # 10s later
// $ curl -i http://localhost:8787/search?q=black
//   > GET https://catalog.example/search?q=black
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "2-per-1m";q=2;w=60
// ratelimit: "2-per-1m";r=0;t=58
//
// $ curl -i http://localhost:8787/search?q=white
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "2-per-1m";q=2;w=60
// ratelimit: "2-per-1m";r=0;t=58
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 2 requests per 1m are allowed.",…}
