// People who log in for a registered consumer: their provider says for which, and with it they are shut out.
import { defineGateway, defineRoutes, oidc, oidcRoutes, secret } from "isogate";

const person = oidc({
  issuer: "https://login.example",
  clientId: "shop",
  session: { secret: secret("SESSION_SECRET") },
  consumerClaim: "org",
  registered: { staleness: "10s" },
});

export const pages = defineRoutes({ access: person }, { "GET /orders": { respond: { text: "orders" } } });

export default defineGateway({ routes: [oidcRoutes(person), pages] });

// $ npm run -s check -- --manifest docs/examples/oidc-registered.ts
//   1. oidc-registered.ts  group → access
//      the secret SESSION_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SESSION_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/orders
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Cookie realm="api", login="/auth/login"
//
// {…,"code":"credential-missing",…}
