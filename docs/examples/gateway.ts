// Everything that a gateway may say of itself, with two groups of routes.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });
const staff = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

const teas = defineRoutes({ access: "public" }, { "GET /teas": { forward: { upstream: catalog } } });
const sales = defineRoutes({ access: staff }, { "GET /admin/sales": { forward: { upstream: catalog } } });

export default defineGateway({
  defaults: { deadline: "10s", securityHeaders: { strictTransportSecurity: "max-age=600" } },
  require: [{ match: "/admin/*", access: staff({ claims: { role: "staff" } }) }],
  routes: [teas, sales],
  stores: { counters: "auto", responses: "cache-api" },
  workersPlan: "paid",
});

// $ curl -i http://localhost:8787/teas
//   > GET https://catalog.example/teas
//   < 200
//   < ["assam","sencha"]
// HTTP/1.1 200 OK
// content-security-policy: default-src 'none'; frame-ancestors 'none'
// content-type: application/json
// cross-origin-resource-policy: same-origin
// referrer-policy: no-referrer
// strict-transport-security: max-age=600
// x-content-type-options: nosniff
// x-frame-options: DENY
//
// ["assam","sencha"]
//
// # What no route answers is finished by the defaults too.
// $ curl -i http://localhost:8787/coffees
// HTTP/1.1 404 Not Found
// cache-control: no-store
// content-security-policy: default-src 'none'; frame-ancestors 'none'
// content-type: application/problem+json
// cross-origin-resource-policy: same-origin
// referrer-policy: no-referrer
// strict-transport-security: max-age=600
// x-content-type-options: nosniff
// x-frame-options: DENY
//
// {…,"code":"route-not-found",…}
