// People who log in with a browser at an OpenID provider. Pages send them there and back; scripts are told 401.
// Behind the gateway nobody sees the session: origins get the access token, here, and who calls, always.
import { defineGateway, defineRoutes, oidc, oidcRoutes, secret, upstream } from "isogate";

const orders = upstream("orders", { origin: "https://orders.example" });
const person = oidc({
  issuer: "https://login.example",
  clientId: "shop",
  clientSecret: secret("CLIENT_SECRET"),
  scopes: ["profile", "offline_access"],
  parameters: { prompt: "consent" },
  session: {
    secret: [secret("SESSION_SECRET"), secret("SESSION_SECRET_OLD")],
    idleTimeout: "30m",
    maxAge: "8h",
  },
  path: "/shop/auth",
  afterLogout: "/shop",
  upstreamToken: true,
  trustedOrigins: ["https://app.shop.example"],
  rolesClaim: "roles",
});

export default defineGateway({
  routes: [
    oidcRoutes(person),
    defineRoutes(
      { access: person },
      {
        "GET /shop/orders": { forward: { upstream: orders } },
        "POST /shop/orders": { forward: { upstream: orders } },
      },
    ),
  ],
});

// $ npm run -s check -- --manifest docs/examples/oidc.ts
//   1. oidc.ts  group → access
//      the secret CLIENT_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["CLIENT_SECRET"]
//   2. oidc.ts  group → access
//      the secret SESSION_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SESSION_SECRET"]
//   3. oidc.ts  group → access
//      the secret SESSION_SECRET_OLD is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SESSION_SECRET_OLD"]
//
// 3 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/shop/orders?open -H 'Accept: text/html'
// HTTP/1.1 303 See Other
// cache-control: no-store
// location: /shop/auth/login?returnTo=%2Fshop%2Forders%3Fopen
//
// $ curl -i http://localhost:8787/shop/orders
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Cookie realm="api", login="/shop/auth/login"
//
// {…,"code":"credential-missing",…}
//
// # A cookie that the gateway did not make is no session, and is deleted.
// $ curl -i http://localhost:8787/shop/orders -H 'Cookie: __Host-isogate-shop.auth=1.AAAA'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// set-cookie: __Host-isogate-shop.auth=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0
// www-authenticate: Cookie realm="api", login="/shop/auth/login"
//
// {…,"code":"credential-invalid",…}
