// `npm run routes` prints it beside the route.
import { defineGateway, defineRoutes } from "isogate";

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      { "GET /ping": { summary: "Whether the shop is open", respond: { text: "open" } } },
    ),
  ],
});

// $ curl -i http://localhost:8787/ping
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// open
