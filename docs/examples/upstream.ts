// An origin by its URL, whose path is put before every request's, and one whose URL differs per environment.
import { defineGateway, defineRoutes, env, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example/v3", timeout: "50ms" });
const catalog = upstream("catalog", { origin: env("CATALOG_URL") });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      { "GET /orders": { forward: { upstream: orders } }, "GET /teas": { forward: { upstream: catalog } } },
    ),
  ],
});

// $ curl -i http://localhost:8787/orders
//   > GET https://orders.example/v3/orders
//   < never
// HTTP/1.1 504 Gateway Timeout
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"upstream-timeout",…}
//
// # Where the Worker's CATALOG_URL is https://catalog.example
// $ curl -i http://localhost:8787/teas
//   > GET https://catalog.example/teas
//   < 200
// HTTP/1.1 200 OK
