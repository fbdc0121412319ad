// Three orders a day for each customer, by the clocks of Berlin, over both routes together. From two thirds on answers
// say how much is used. Who asks for several at once uses as many.
import { defineGateway, defineRoutes, jwt, quota, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});
const daily = quota({
  name: "daily-orders",
  limit: 3,
  period: "day",
  timeZone: "Europe/Berlin",
  cost: "query.count",
  warnAt: [0.66, 1],
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer, quota: daily },
      {
        "GET /orders": { forward: { upstream: orders } },
        "GET /orders/export": { forward: { upstream: orders } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ADA"
//   > GET https://orders.example/orders
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "daily-orders";q=3;w=86400
// ratelimit: "daily-orders";r=2;t=…
//
// $ curl -i http://localhost:8787/orders/export?count=2 -H "Authorization: Bearer $ADA"
//   > GET https://orders.example/orders/export?count=2
//   < 200
// HTTP/1.1 200 OK
// quota-warning: "daily-orders";used=1;at=1
// ratelimit-policy: "daily-orders";q=3;w=86400
// ratelimit: "daily-orders";r=0;t=…
//
// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ADA"
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// quota-warning: "daily-orders";used=1;at=1
// ratelimit-policy: "daily-orders";q=3;w=86400
// ratelimit: "daily-orders";r=0;t=…
// retry-after: …
//
// {…,"code":"quota-exceeded",…}
