// How much of a consumer's work is under way at once is a matter of its plan.
import { apiKey, concurrency, defineGateway, defineRoutes, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const shop = apiKey({ prefix: "shop_live" });
const atOnce = concurrency({ limit: 2, by: ["identity.consumer"], plans: { silver: 5, gold: 20 } });

export default defineGateway({
  routes: [
    defineRoutes({ access: shop, concurrency: atOnce }, { "GET /orders": { forward: { upstream: orders } } }),
  ],
});

// $ curl -i http://localhost:8787/orders -H "X-API-Key: $ACME"
//   > GET https://orders.example/orders
//   < 200
// HTTP/1.1 200 OK
