// Tokens that browsers carry in a cookie, and links in a parameter. What carried one ends at the gateway.
import { defineGateway, defineRoutes, jwt, secret, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const issuers = {
  issuer: "https://login.example",
  audience: "shop",
  keys: { url: "https://login.example/keys" },
};
// Any page can have a browser send its cookies: those that may change things by them are named, beside the gateway's own.
const page = jwt({
  issuers,
  from: { header: "authorization", cookie: "session" },
  trustedOrigins: ["https://app.shop.example"],
});
const link = jwt({ issuers, from: { query: "access_token" } });
// Tokens that are encrypted to the gateway. While its key is replaced, both are listed.
const sealed = jwt({ issuers, decryptionKeys: [secret("DECRYPTION_KEY")] });

export const routes = defineRoutes(
  {},
  {
    "GET /orders": { access: page, forward: { upstream: orders } },
    "POST /orders": { access: page, forward: { upstream: orders } },
    "GET /invoices/:id": { access: link, forward: { upstream: orders } },
    "GET /me": { access: sealed, handler: ({ identity }) => ({ id: identity?.id }) },
  },
);

export default defineGateway({ routes: [routes] });

// $ npm run -s check -- --manifest docs/examples/jwt-from.ts
//   1. jwt-from.ts  GET /me → access
//      the secret DECRYPTION_KEY is not listed in wrangler.toml
//      Add it to [secrets]: required = ["DECRYPTION_KEY"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/orders -H "Cookie: theme=dark; session=$ADA"
//   > GET https://orders.example/orders
//   > cookie: theme=dark
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/orders -X POST -H "Cookie: session=$ADA" -H "Origin: https://app.shop.example"
//   > POST https://orders.example/orders
//   > origin: https://app.shop.example
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/orders -X POST -H "Cookie: session=$ADA" -H "Origin: https://evil.example"
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"cross-site-request",…}
//
// $ curl -i http://localhost:8787/invoices/7 -H "Authorization: Bearer $ADA"
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api"
//
// {…,"code":"credential-missing",…}
//
// $ curl -i http://localhost:8787/me -H "Authorization: Bearer $SEALED"
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"https://login.example#ada"}
