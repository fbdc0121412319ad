// The routes by which people log in and out. `oidcRoutes` makes all five of them; the provider must know
// `/auth/callback` as the redirect URI, and `/auth/backchannel-logout` where it logs out on the back channel.
// A page logs out with a form: `<form method="post" action="/auth/logout">`.
import { defineGateway, defineRoutes, oidc, oidcRoutes, secret } from "isogate";

const person = oidc({
  issuer: "https://login.example",
  clientId: "shop",
  clientSecret: secret("CLIENT_SECRET"),
  session: { secret: secret("SESSION_SECRET") },
});

export const me = defineRoutes(
  { access: person },
  { "GET /me": { handler: ({ identity }) => ({ id: identity?.id }) } },
);

export default defineGateway({ routes: [oidcRoutes(person), me] });

// $ npm run -s check -- --manifest docs/examples/login.ts
//   1. login.ts  group → access
//      the secret CLIENT_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["CLIENT_SECRET"]
//   2. login.ts  group → access
//      the secret SESSION_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SESSION_SECRET"]
//
// 2 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/auth/login?returnTo=/me
//   > GET https://login.example/.well-known/openid-configuration
//   > accept: application/json
//   > user-agent: isogate
//   < 200
//   < {"issuer":"https://login.example","authorization_endpoint":"https://login.example/authorize"}
// HTTP/1.1 303 See Other
// cache-control: no-store
// location: https://login.example/authorize?response_type=code&client_id=shop&redirect_uri=http%3A%2F%2Flocalhost%3A8787%2Fauth%2Fcallback&scope=openid&state=…&nonce=…&code_challenge=…&code_challenge_method=S256
// referrer-policy: no-referrer
// set-cookie: __Host-isogate-auth~login.…; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600
//
// # Nobody can bring back what they have not begun.
// $ curl -i 'http://localhost:8787/auth/callback?code=stolen&state=guessed'
// HTTP/1.1 400 Bad Request
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"login-failed",…}
