// Fixed answers, made at build.
import { defineGateway, defineRoutes } from "isogate";

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /version": { respond: { json: { version: 3 } } },
        "GET /robots.txt": {
          respond: { text: "User-agent: *\nDisallow: /\n", headers: { "cache-control": "max-age=86400" } },
        },
        "ANY /v1/*": { respond: { status: 410, text: "Version 1 has ended." } },
        "DELETE /session": { respond: {} },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/version
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"version":3}
//
// $ curl -i http://localhost:8787/robots.txt
// HTTP/1.1 200 OK
// cache-control: max-age=86400
// content-type: text/plain; charset=utf-8
//
// User-agent: *
// Disallow: /
//
// $ curl -i -X POST http://localhost:8787/v1/orders
// HTTP/1.1 410 Gone
// content-type: text/plain; charset=utf-8
//
// Version 1 has ended.
//
// $ curl -i -X DELETE http://localhost:8787/session
// HTTP/1.1 204 No Content
