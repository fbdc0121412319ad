// Counted by tenant: who names none is refused. The network of the monitoring, and who proves to be of it, are not
// counted at all.
import { defineGateway, defineRoutes, rateLimit, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });
const perTenant = rateLimit({
  name: "tenant",
  limit: 100,
  window: "1m",
  by: ["headers.x-tenant"],
  absent: "refuse",
  exempt: {
    networks: ["192.0.2.0/24", "2001:db8:77::/48"],
    when: 'request.path == "/health" and request.method == "HEAD"',
  },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public", rateLimit: perTenant },
      { "GET /teas": { forward: { upstream: catalog } } },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas -H 'X-Tenant: acme'
//   > GET https://catalog.example/teas
//   > x-tenant: acme
//   < 200
// HTTP/1.1 200 OK
// ratelimit-policy: "tenant";q=100;w=60
// ratelimit: "tenant";r=99;t=68
//
// $ curl -i http://localhost:8787/teas
// HTTP/1.1 400 Bad Request
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"unusable-value","detail":"headers.x-tenant is missing.",…}
//
// $ curl -i http://localhost:8787/teas -H 'CF-Connecting-IP: 192.0.2.9'
//   > GET https://catalog.example/teas
//   < 200
//   log {"notes":["exempt from the limit tenant"]}
// HTTP/1.1 200 OK
