// Two limits on one route, each with its own count: a burst for each customer and tea, and a day's sum for each
// customer. When the counters cannot be reached, the burst is let through and the day's sum is not.
import { defineGateway, defineRoutes, jwt, rateLimit, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});
const burst = rateLimit({
  name: "burst",
  limit: 1,
  window: "10s",
  by: ["identity.id", "params.tea"],
  onStoreFailure: "allow",
});
const daily = rateLimit({ name: "daily", limit: 100, window: "1d" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      { "POST /orders/:tea": { rateLimit: [burst, daily], forward: { upstream: orders } } },
    ),
  ],
});

// $ curl -i -X POST http://localhost:8787/orders/assam -H "Authorization: Bearer $ADA"
//   > POST https://orders.example/orders/assam
//   < 201
// HTTP/1.1 201 Created
// ratelimit-policy: "burst";q=1;w=10, "daily";q=100;w=86400
// ratelimit: "burst";r=0;t=12, "daily";r=99;t=…
//
// $ curl -i -X POST http://localhost:8787/orders/assam -H "Authorization: Bearer $ADA"
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "burst";q=1;w=10, "daily";q=100;w=86400
// ratelimit: "burst";r=0;t=12, "daily";r=99;t=…
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 1 requests per 10s are allowed.",…}
//
// $ curl -i -X POST http://localhost:8787/orders/sencha -H "Authorization: Bearer $ADA"
//   > POST https://orders.example/orders/sencha
//   < 201
// HTTP/1.1 201 Created
// ratelimit-policy: "burst";q=1;w=10, "daily";q=100;w=86400
// ratelimit: "burst";r=0;t=12, "daily";r=98;t=…
