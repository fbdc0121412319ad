// The gateway is known to the authorization server by a key that never leaves it. The token endpoint is behind an
// upstream, whose time limit holds for it.
import { defineGateway, defineRoutes, secret, upstream } from "isogate";

const accounts = upstream("accounts", { origin: "https://accounts.example", timeout: "2s" });
const billing = upstream("billing", {
  origin: "https://billing.example",
  credential: {
    clientCredentials: {
      tokenEndpoint: { upstream: accounts, path: "/token" },
      clientId: "gateway",
      privateKey: secret("BILLING_KEY"),
      issuer: "https://accounts.example",
    },
  },
});

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "GET /bills": { forward: { upstream: billing } } })],
});

// $ npm run -s check -- --manifest docs/examples/upstream-client-key.ts
//   1. upstream-client-key.ts  upstream "billing" → credential.clientCredentials
//      the secret BILLING_KEY is not listed in wrangler.toml
//      Add it to [secrets]: required = ["BILLING_KEY"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/bills
//   > POST https://accounts.example/token
//   > accept: application/json
//   > content-type: application/x-www-form-urlencoded;charset=UTF-8
//   > grant_type=client_credentials&client_id=gateway&client_assertion_type=…&client_assertion=eyJ…
//   < 503
// HTTP/1.1 503 Service Unavailable
// cache-control: no-store
// content-type: application/problem+json
// retry-after: 1
//
// {…,"code":"upstream-credential-unavailable",…}
