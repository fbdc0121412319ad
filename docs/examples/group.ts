// Routes of a group share a prefix, and what they do not say themselves.
import { defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });

const teas = defineRoutes(
  { prefix: "/v1/teas", access: "public", headers: { response: { set: { "x-shop": "tea" } } } },
  {
    "GET /": { forward: { upstream: catalog } },
    "GET /:id": {
      forward: { upstream: catalog },
      headers: { response: { set: { "x-tea": "{params.id}" } } },
    },
  },
);

export default defineGateway({ routes: [teas] });

// $ curl -i http://localhost:8787/v1/teas/
//   > GET https://catalog.example/v1/teas/
//   < 200
// HTTP/1.1 200 OK
// x-shop: tea
//
// # A route's own value takes the place of the group's: the two are not merged.
// $ curl -i http://localhost:8787/v1/teas/assam
//   > GET https://catalog.example/v1/teas/assam
//   < 200
// HTTP/1.1 200 OK
// x-tea: assam
