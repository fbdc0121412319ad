// The caller's own token is exchanged for one that the origin takes (RFC 8693), once for each caller.
import { defineGateway, defineRoutes, jwt, secret, upstream } from "isogate";

const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});
const crm = upstream("crm", {
  origin: "https://crm.example",
  credential: {
    tokenExchange: {
      tokenEndpoint: { url: "https://accounts.example/token" },
      clientId: "gateway",
      clientSecret: secret("CRM_SECRET"),
      subjectTokenType: "jwt",
      requestedTokenType: "access_token",
      audience: "crm",
    },
  },
});

export default defineGateway({
  routes: [defineRoutes({ access: customer }, { "GET /my-orders": { forward: { upstream: crm } } })],
});

// $ npm run -s check -- --manifest docs/examples/upstream-token-exchange.ts
//   1. upstream-token-exchange.ts  upstream "crm" → credential.tokenExchange
//      the secret CRM_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["CRM_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/my-orders -H "Authorization: Bearer $ADA"
//   > POST https://accounts.example/token
//   > accept: application/json
//   > authorization: Basic …
//   > content-type: application/x-www-form-urlencoded;charset=UTF-8
//   > subject_token_type=…jwt&requested_token_type=…access_token&subject_token=…&audience=crm&grant_type=…token-exchange
//   < 200
//   < {"access_token":"adas-t0k3n","issued_token_type":"…","token_type":"Bearer","expires_in":600}
//   > GET https://crm.example/my-orders
//   > authorization: Bearer adas-t0k3n
//   < 200
// HTTP/1.1 200 OK
