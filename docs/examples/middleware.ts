// A middleware of Hono's own, and one of yours, round everything else that the route does.

import type { MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import { defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });

const closedAtNight: MiddlewareHandler = async (c, next) => {
  if (c.req.query("hour") === "3") return c.text("We open at eight.", 503);
  await next();
  c.res.headers.set("x-open", "yes");
  return undefined;
};

export const teas = defineRoutes(
  { access: "public" },
  { "GET /teas": { middleware: [closedAtNight, etag()], forward: { upstream: catalog } } },
);

export default defineGateway({ routes: [teas] });

// $ curl -i http://localhost:8787/teas
//   > GET https://catalog.example/teas
//   < 200
//   < ["assam"]
// HTTP/1.1 200 OK
// content-type: application/json
// etag: "0772592a1372d0c7907452d2ea290635c1c2d1ee"
// x-open: yes
//
// ["assam"]
//
// $ curl -i http://localhost:8787/teas?hour=3
// HTTP/1.1 503 Service Unavailable
// content-type: text/plain; charset=UTF-8
//
// We open at eight.
