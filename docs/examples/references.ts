// Every kind of reference, and how each is encoded for the place where it lands.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const echo = upstream("echo", { origin: "https://echo.example" });
const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /teas/:id/*": {
          headers: {
            request: { set: { "x-org": "{identity.claims.org}", "x-of": "{request.method} {request.path}" } },
          },
          forward: {
            upstream: echo,
            path: "/orgs/{identity.claims.org}/{params.id}/{params.*}?q={query.q}&lang={headers.accept-language}",
          },
        },
      },
    ),
  ],
});

// $ curl -i 'http://localhost:8787/teas/green%20tea/a/b?q=a%26b' -H "Authorization: Bearer $ADA" -H 'Accept-Language: fr'
//   > GET https://echo.example/orgs/tea/green%20tea/a/b?q=a%26b&lang=fr
//   > accept-language: fr
//   > x-of: GET /teas/green%20tea/a/b
//   > x-org: tea
//   < 200
// HTTP/1.1 200 OK
//
// # A value that would leave its segment is refused.
// $ curl -i 'http://localhost:8787/teas/..;/a/b' -H "Authorization: Bearer $ADA"
// HTTP/1.1 400 Bad Request
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"malformed-path","detail":"The path holds a character that must be percent-encoded, or a percent sign that encodes nothing.",…}
