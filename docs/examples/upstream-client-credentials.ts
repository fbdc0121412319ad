// An origin that takes tokens of an authorization server, to which the gateway is known by a secret. A token is fetched
// once, renewed before it ends, and once more should the origin refuse it.
import { defineGateway, defineRoutes, secret, upstream } from "isogate";

const crm = upstream("crm", {
  origin: "https://crm.example",
  credential: {
    clientCredentials: {
      tokenEndpoint: { url: "https://accounts.example/token" },
      clientId: "gateway",
      clientSecret: secret("CRM_SECRET"),
      clientAuthentication: "client_secret_post",
      scope: ["orders", "customers"],
      audience: "crm",
      resource: "https://crm.example/",
    },
  },
});

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "GET /customers": { forward: { upstream: crm } } })],
});

// $ npm run -s check -- --manifest docs/examples/upstream-client-credentials.ts
//   1. upstream-client-credentials.ts  upstream "crm" → credential.clientCredentials
//      the secret CRM_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["CRM_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/customers
//   > POST https://accounts.example/token
//   > accept: application/json
//   > content-type: application/x-www-form-urlencoded;charset=UTF-8
//   > scope=orders+customers&audience=crm&resource=https%3A%2F%2Fcrm.example%2F&grant_type=client_credentials&client_id=gateway&client_secret=the+gateway%27s+own
//   < 200
//   < {"access_token":"t0k3n-1","token_type":"Bearer","expires_in":600}
//   > GET https://crm.example/customers
//   > authorization: Bearer t0k3n-1
//   < 200
// HTTP/1.1 200 OK
//
// # The next request takes the same token. It was withdrawn; nobody notices.
// $ curl -i http://localhost:8787/customers
//   > GET https://crm.example/customers
//   > authorization: Bearer t0k3n-1
//   < 401
//   > POST https://accounts.example/token
//   > accept: application/json
//   > content-type: application/x-www-form-urlencoded;charset=UTF-8
//   > …
//   < 200
//   < {"access_token":"t0k3n-2","token_type":"Bearer","expires_in":600}
//   > GET https://crm.example/customers
//   > authorization: Bearer t0k3n-2
//   < 200
// HTTP/1.1 200 OK
