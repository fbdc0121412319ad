// Pages of the shop, and of the names below it, may read the answers, with the user's cookies.
import { defineGateway, defineRoutes } from "isogate";

export default defineGateway({
  defaults: {
    cors: {
      origins: ["https://shop.example", "https://*.shop.example"],
      credentials: true,
      allowHeaders: ["authorization", "content-type", "x-basket"],
      exposeHeaders: ["x-request-id"],
      maxAge: "1h",
    },
  },
  routes: [defineRoutes({ access: "public" }, { "PUT /basket": { respond: { json: { teas: 2 } } } })],
});

// $ curl -i -X OPTIONS http://localhost:8787/basket -H 'Origin: https://eu.shop.example' \
//     -H 'Access-Control-Request-Method: PUT'
// HTTP/1.1 204 No Content
// access-control-allow-credentials: true
// access-control-allow-headers: authorization, content-type, x-basket
// access-control-allow-methods: OPTIONS, PUT
// access-control-allow-origin: https://eu.shop.example
// access-control-max-age: 3600
// allow: OPTIONS, PUT
// vary: Origin
//
// $ curl -i -X PUT http://localhost:8787/basket -H 'Origin: https://shop.example'
// HTTP/1.1 200 OK
// access-control-allow-credentials: true
// access-control-allow-origin: https://shop.example
// access-control-expose-headers: x-request-id
// content-type: application/json
// vary: Origin
//
// {"teas":2}
//
// # Another site's page gets an answer that its browser will not show to it.
// $ curl -i -X PUT http://localhost:8787/basket -H 'Origin: https://shop.example.evil.example'
// HTTP/1.1 200 OK
// content-type: application/json
// vary: Origin
//
// {"teas":2}
