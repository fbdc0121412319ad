// One budget for all that reaches the catalog, shared by two routes: what the cache answers is free. A limit on trial
// counts as well, and refuses nobody.
import { defineGateway, defineRoutes, rateLimit, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });
const budget = rateLimit({ group: "catalog", limit: 1, window: "1m", count: "origin" });
const trial = rateLimit({ name: "trial", limit: 1, window: "1m", by: ["address"], mode: "report" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public", cache: { ttl: "1h" } },
      {
        "GET /teas": { rateLimit: [budget, trial], forward: { upstream: catalog } },
        "GET /cups": { rateLimit: budget, forward: { upstream: catalog } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas
//   > GET https://catalog.example/teas
//   < 200
//   < ["assam"]
// HTTP/1.1 200 OK
// cache-status: isogate; fwd=miss; stored
// content-type: application/json
//
// ["assam"]
//
// $ curl -i http://localhost:8787/teas
//   log {"reported":[{"policy":"rateLimit","code":"rate-limited","reason":"At most 1 requests per 1m are allowed."}]}
// HTTP/1.1 200 OK
// age: 0
// cache-status: isogate; hit; ttl=3600
// content-type: application/json
//
// ["assam"]
//
// $ curl -i http://localhost:8787/cups
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 1 requests per 1m are allowed.",…}
