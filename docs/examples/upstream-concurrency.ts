// The stock system takes five requests at once from all isolates together, whatever route they come by, while up to 20 wait
// a moment for their turn; where permits cannot be had, requests go on. A second upstream only says in the log what it
// would refuse.
import { compose, defineGateway, defineRoutes, upstream } from "isogate";

const stock = upstream("stock", {
  origin: "https://stock.example",
  concurrency: {
    limit: 5,
    scope: "global",
    queue: { size: 20, wait: "300ms" },
    onStoreFailure: "allow",
  },
});
const search = upstream("search", {
  origin: "https://search.example",
  concurrency: { limit: 100, until: "headers", mode: "report" },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /stock/:tea": { forward: { upstream: stock } },
        "GET /teas/:tea": {
          compose: compose({
            found: { upstream: search, path: "/teas/{params.tea}" },
            stock: { upstream: stock, path: "/stock/{params.tea}", optional: true, fallback: { left: null } },
          }),
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/stock/assam
//   > GET https://stock.example/stock/assam
//   < 200
// HTTP/1.1 200 OK
