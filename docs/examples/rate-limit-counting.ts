// Three ways to count. Searches wait for no counter, and may exceed their limit by 5 in each isolate; each payment is asked
// for; and where a flood is to be expected, a binding of the platform's stands in front.
import { defineGateway, defineRoutes, upstream } from "isogate";

const shop = upstream("shop", { origin: "https://shop.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /search": {
          rateLimit: { limit: 600, window: "1m", counting: "bounded", slack: 5 },
          forward: { upstream: shop },
        },
        "POST /payments": {
          rateLimit: { limit: 10, window: "1m", counting: "exact" },
          forward: { upstream: shop },
        },
        "GET /news": {
          rateLimit: { limit: 1_000, window: "1m", by: ["route"], shield: "NEWS_SHIELD" },
          forward: { upstream: shop },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/search
//   > GET https://shop.example/search
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "600-per-1m";q=600;w=60
// ratelimit: "600-per-1m";r=599;t=60
//
// $ curl -i -X POST http://localhost:8787/payments
//   > POST https://shop.example/payments
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "10-per-1m";q=10;w=60
// ratelimit: "10-per-1m";r=9;t=61
//
// $ curl -i http://localhost:8787/news
//   > GET https://shop.example/news
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "1000-per-1m";q=1000;w=60
// ratelimit: "1000-per-1m";r=999;t=68
