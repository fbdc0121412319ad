// Where the shop cannot serve all, exports go first and payments last.
import { defineGateway, defineRoutes, upstream } from "isogate";

const shop = upstream("shop", { origin: "https://shop.example", shed: {} });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "POST /payments": { priority: "critical", forward: { upstream: shop } },
        "GET /teas": { forward: { upstream: shop } },
        "GET /exports": { priority: "background", forward: { upstream: shop } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas
//   > GET https://shop.example/teas
//   < 200
// HTTP/1.1 200 OK
