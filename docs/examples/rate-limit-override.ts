// What a caller may, where data alone cannot say: one consumer has a value of its own, and a function looks at the
// request. `undefined` leaves the limit as declared.
import { apiKey, defineGateway, defineRoutes, rateLimit, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const shop = apiKey({ prefix: "shop_live" });

export const requests = rateLimit({
  name: "requests",
  limit: 60,
  window: "1m",
  consumers: { "acme-shop": 300, zenith: { limit: 600 } },
  override: ({ query, identity }, { route }) => {
    if (identity?.consumer === "nightly") return "exempt";
    return query.has("full") ? { limit: route.startsWith("GET ") ? 5 : 1 } : undefined;
  },
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
// ratelimit-policy: "requests";q=60;w=60
// ratelimit: "requests";r=59;t=61
//
// $ curl -i http://localhost:8787/orders?full -H "X-API-Key: $ACME"
//   > GET https://orders.example/orders?full
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "requests";q=5;w=60
// ratelimit: "requests";r=3;t=61
