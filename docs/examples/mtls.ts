// A partner's machines, by the client certificates that the zone's mTLS has verified: API Shield asks for them, for the
// hosts that it is switched on for. Nothing that a client can write into a header stands for one.
import { defineGateway, defineRoutes, jwt, mtls } from "isogate";

const machines = mtls({
  subject: { O: "Tea, Ltd.", OU: ["Orders", "Returns"] },
  issuer: { CN: "Tea CA" },
  san: ["dns:orders.tea.example", "uri:spiffe://tea/orders"],
  fingerprints: [
    "8a:06:8e:5d:a6:f5:9c:52:1b:80:33:46:b7:6d:35:71:2b:91:42:3a:a5:7e:6c:14:d7:78:6e:c4:34:a1:88:4f",
  ],
});
// A token that only the connection with its own certificate may present (RFC 8705).
const bound = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "shop",
    keys: { url: "https://login.example/keys" },
  },
  proofOfPossession: "certificate",
});

export const routes = defineRoutes(
  {},
  {
    "GET /orders": { access: machines({ claims: { OU: "Orders" } }), respond: { json: [] } },
    "GET /returns": { access: bound, respond: { json: [] } },
  },
);

export default defineGateway({ routes: [routes] });

// $ curl -i --cert orders.pem --key orders-key.pem https://localhost:8787/orders
// HTTP/1.1 200 OK
// content-type: application/json
//
// []
//
// $ curl -i http://localhost:8787/orders -H 'Client-Cert: :MIICLTCCAdOgAwIBAgIU:'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: ClientCertificate realm="api"
//
// {…,"code":"credential-missing",…}
//
// $ curl -i http://localhost:8787/returns -H "Authorization: Bearer $ADA"
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api", error="invalid_token", error_description="The token was not accepted"
//
// {…,"code":"credential-invalid",…}
