// The shop is taken to bear ten requests at once, until its answers tell more. Of these three quarters are open to
// exports, nine tenths to whoever browses, and all to payments.
import { compose, defineGateway, defineRoutes, upstream } from "isogate";

const app = {
  async fetch() {
    await new Promise((done) => setTimeout(done, 500));
    return Response.json(["assam"]);
  },
};
export const shop = upstream("shop", { origin: app, shed: { start: 10, max: 200 } });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "POST /payments": { priority: "critical", forward: { upstream: shop } },
        "GET /teas": {
          compose: compose({
            teas: { upstream: shop, path: "/teas" },
            alsoBought: { upstream: shop, path: "/also-bought", optional: true, fallback: [] },
          }),
        },
        "GET /exports": { priority: "background", forward: { upstream: shop } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/exports
// HTTP/1.1 200 OK
// content-type: application/json
//
// ["assam"]
