// One request at once to the stock system, whatever route it comes by, while two wait in line for up to two seconds. A
// product's page does without its stock where there is no room.
import { compose, defineGateway, defineRoutes, upstream } from "isogate";

const app = {
  async fetch() {
    await new Promise((done) => setTimeout(done, 300));
    return Response.json({ left: 7 });
  },
};
export const stock = upstream("stock", {
  origin: app,
  concurrency: { limit: 1, queue: { size: 2, wait: "2s" } },
});
export const names = upstream("names", { origin: { fetch: () => Response.json({ name: "assam" }) } });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /stock/:tea": { forward: { upstream: stock } },
        "GET /teas/:tea": {
          compose: compose({
            tea: { upstream: names, path: "/names/{params.tea}" },
            stock: { upstream: stock, path: "/stock/{params.tea}", optional: true, fallback: { left: null } },
          }),
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas/assam
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"name":"assam","left":7}
