// How many requests the shop bears at once is told from how long it takes to answer: what it could not bear is refused.
// A second upstream only says in the log what it would refuse.
import { defineGateway, defineRoutes, upstream } from "isogate";

const shop = upstream("shop", { origin: "https://shop.example", shed: { start: 50, min: 10, max: 500 } });
const search = upstream("search", { origin: "https://search.example", shed: { mode: "report" } });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas": { forward: { upstream: shop } },
        "GET /search": { forward: { upstream: search } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas
//   > GET https://shop.example/teas
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/search
//   > GET https://search.example/search
//   < 200
// HTTP/1.1 200 OK
