// A service says who calls, as with the forward-auth of other proxies; whoever it does not know is sent to its login.
import { defineGateway, defineRoutes, externalAuth, upstream } from "isogate";

const wiki = upstream("wiki", { origin: "https://wiki.example" });
const login = upstream("login", { origin: "https://auth.example" });
const session = externalAuth({
  upstream: login,
  path: "/verify",
  method: "GET",
  forwardHeaders: ["cookie"],
  identity: { subject: "x-auth-user", scopes: "x-auth-scopes", roles: "x-auth-roles" },
  toOrigin: ["x-auth-email"],
  toClient: ["set-cookie"],
  trustedOrigins: ["https://editor.example"],
  redirects: "relay",
  forwardCredentials: false,
  timeout: "500ms",
  cache: { ttl: "10s", by: ["method", "host"] },
});

export default defineGateway({
  routes: [defineRoutes({ access: session }, { "GET /pages/*": { forward: { upstream: wiki } } })],
});

// $ curl -i http://localhost:8787/pages/tea -H 'Cookie: session=ada' -H 'x-auth-email: root@wiki.example'
//   > GET https://auth.example/verify
//   > cookie: session=ada
//   < 204
//   < x-auth-user: ada
//   < x-auth-roles: staff
//   < x-auth-email: ada@wiki.example
//   < set-cookie: session=ada; Max-Age=3600
//   > GET https://wiki.example/pages/tea
//   > x-auth-email: ada@wiki.example
//   > x-identity-credential: externalAuth
//   > x-identity-id: external:login#ada
//   > x-identity-issuer: external:login
//   > x-identity-roles: staff
//   > x-identity-subject: ada
//   < 200
// HTTP/1.1 200 OK
// cache-control: no-store
// set-cookie: session=ada; Max-Age=3600
//
// # 5s later
// $ curl -i http://localhost:8787/pages/coffee -H 'Cookie: session=ada'
//   > GET https://wiki.example/pages/coffee
//   > x-auth-email: ada@wiki.example
//   > x-identity-credential: externalAuth
//   > x-identity-id: external:login#ada
//   > x-identity-issuer: external:login
//   > x-identity-roles: staff
//   > x-identity-subject: ada
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i http://localhost:8787/pages/tea
//   > GET https://auth.example/verify
//   < 302
//   < location: https://auth.example/login
//   < set-cookie: csrf=1; Secure
// HTTP/1.1 302 Found
// cache-control: no-store
// location: https://auth.example/login
// set-cookie: csrf=1; Secure
//
// $ curl -i http://localhost:8787/pages/tea -H 'Cookie: session=forged'
//   > GET https://auth.example/verify
//   > cookie: session=forged
//   < 401
//   < www-authenticate: Session realm="wiki"
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Session realm="wiki"
//
// {…,"code":"credential-invalid",…}
