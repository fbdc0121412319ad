// The same path, answered by the first route of the list whose `when` holds.
import { defineGateway, defineRoutes } from "isogate";

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas": [
          { when: { host: "*.partner.example" }, respond: { text: "for partners" } },
          {
            when: { header: { "x-version": "2" }, query: { sort: true } },
            respond: { text: "version 2, sorted" },
          },
          { when: { cookie: { beta: "yes" } }, respond: { text: "beta" } },
          { respond: { text: "for everybody" } },
        ],
        "POST /orders": [
          { when: { body: { "/order/type": "gift" } }, respond: { text: "a gift" } },
          { when: { content: "application/json" }, respond: { text: "an order" } },
        ],
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// for everybody
//
// $ curl -i http://shop.partner.example/teas
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// for partners
//
// $ curl -i http://localhost:8787/teas?sort=price -H 'X-Version: 2'
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// version 2, sorted
//
// $ curl -i http://localhost:8787/teas -H 'Cookie: beta=yes'
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// beta
//
// $ curl -i http://localhost:8787/orders --json '{"order":{"type":"gift"}}'
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// a gift
//
// $ curl -i http://localhost:8787/orders --json '{"order":{"type":"subscription"}}'
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// an order
//
// # None of them holds.
// $ curl -i http://localhost:8787/orders -H 'Content-Type: text/plain' -d 'assam, please'
// HTTP/1.1 404 Not Found
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"route-not-found",…}
