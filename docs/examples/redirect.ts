// Pages that have moved, for good or for now.
import { defineGateway, defineRoutes } from "isogate";

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /old/*": { redirect: { to: "/new/{params.*}", keepQuery: true } },
        "GET /sale": { redirect: { to: "https://sale.example/teas?from={query.from}", status: 302 } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/old/teas/assam?size=100g
// HTTP/1.1 308 Permanent Redirect
// location: /new/teas/assam?size=100g
//
// $ curl -i 'http://localhost:8787/sale?from=a%26b'
// HTTP/1.1 302 Found
// location: https://sale.example/teas?from=a%26b
