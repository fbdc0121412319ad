// Machines of registered consumers, each with a certificate whose common name is its consumer's id.
import { defineGateway, defineRoutes, mtls } from "isogate";

const machines = mtls({
  issuer: { CN: "Tea CA" },
  consumerClaim: "CN",
  registered: { staleness: "10s" },
});

export const routes = defineRoutes({ access: machines }, { "GET /orders": { respond: { json: [] } } });

export default defineGateway({ routes: [routes] });

// # Nobody has registered the consumer `orders`.
// $ curl -i --cert orders.pem --key orders-key.pem https://localhost:8787/orders
//   log {"cause":"the consumer orders is not registered"}
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"consumer-unknown",…}
//
// $ curl -i http://localhost:8787/orders
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: ClientCertificate realm="api"
//
// {…,"code":"credential-missing",…}
