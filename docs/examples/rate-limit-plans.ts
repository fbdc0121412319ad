// What a caller may depends on its plan: here that of a registered consumer. Others have the limit itself.
import { apiKey, defineGateway, defineRoutes, rateLimit, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const shop = apiKey({ prefix: "shop_live" });
const requests = rateLimit({
  name: "requests",
  limit: 60,
  window: "1m",
  algorithm: "tokenBucket",
  plans: { silver: 300, gold: { limit: 600, burst: 1_000 } },
});

export default defineGateway({
  routes: [
    defineRoutes({ access: shop, rateLimit: requests }, { "GET /orders": { forward: { upstream: orders } } }),
  ],
});

// $ curl -i http://localhost:8787/orders -H "X-API-Key: $ACME"
//   > GET https://orders.example/orders
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "requests";q=1000;w=100
// ratelimit: "requests";r=999;t=13
