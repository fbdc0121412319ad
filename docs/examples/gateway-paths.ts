// A path with a trailing slash is sent to the one without, and `/Teas` meets `/teas`.
import { defineGateway, defineRoutes } from "isogate";

export default defineGateway({
  paths: { trailingSlash: "redirect", case: "insensitive" },
  routes: [defineRoutes({ access: "public" }, { "GET /teas/:id": { handler: ({ params }) => params } })],
});

// $ curl -i http://localhost:8787/TEAS/Assam
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"Assam"}
//
// $ curl -i http://localhost:8787/teas/assam/?size=100g
// HTTP/1.1 308 Permanent Redirect
// location: /teas/assam?size=100g
