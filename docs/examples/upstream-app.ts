// An app in the gateway's own Worker: anything with `fetch`, such as one of Hono's or itty-router's.
import { Hono } from "hono";
import { defineGateway, defineRoutes, upstream } from "isogate";

const app = new Hono().get("/teas/:id", (c) => c.json({ id: c.req.param("id"), stock: 4 }));

export const stock = upstream("stock", { origin: app });

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "GET /teas/:id": { forward: { upstream: stock } } })],
});

// $ curl -i http://localhost:8787/teas/assam
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"assam","stock":4}
