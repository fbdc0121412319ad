// Opaque tokens. Their authorization server is asked about each once in half a minute; where it cannot be, nobody is let
// in whom it has not told of before.
import { defineGateway, defineRoutes, introspection, secret, upstream } from "isogate";

const login = upstream("login", { origin: "https://login.example" });
const token = introspection({
  upstream: login,
  path: "/introspect",
  clientId: "gateway",
  clientSecret: secret("CLIENT_SECRET"),
  issuer: "https://login.example",
  audience: "shop",
  maxAge: "30s",
  tolerance: "5s",
  maxTokenSize: "4KB",
  rolesClaim: "realm_access.roles",
  consumerClaim: "org",
  planClaim: "tier",
  forwardToken: false,
});
// Where the server tells no audience, and tokens are bound to the caller's certificate.
const machine = introspection({
  upstream: login,
  path: "/introspect",
  clientId: "gateway",
  clientSecret: secret("CLIENT_SECRET"),
  issuer: "https://login.example",
  audience: false,
  proofOfPossession: "certificate",
});

export const people = defineRoutes(
  { access: token },
  {
    "GET /me": { handler: ({ identity }) => ({ id: identity?.id, roles: identity?.roles }) },
    "GET /profile": { access: token({ scopes: ["profile"] }), respond: { json: {} } },
  },
);
export const machines = defineRoutes({ access: machine }, { "GET /machines": { respond: { json: [] } } });

export default defineGateway({ routes: [people, machines] });

// $ npm run -s check -- --manifest docs/examples/introspection.ts
//   1. introspection.ts  group → access
//      the secret CLIENT_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["CLIENT_SECRET"]
//   2. introspection.ts  group → access
//      the secret CLIENT_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["CLIENT_SECRET"]
//
// 2 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/me -H 'Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA'
//   > POST https://login.example/introspect
//   > accept: application/json
//   > authorization: Basic …
//   > content-type: application/x-www-form-urlencoded
//   > token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token
//   < 200
//   < {"active":true,"sub":"ada","aud":"shop","scope":"profile","realm_access":{"roles":["clerk"]}}
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"https://login.example#ada","roles":["clerk"]}
//
// # 31s later
// $ curl -i http://localhost:8787/me -H 'Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA'
//   > POST https://login.example/introspect
//   > accept: application/json
//   > authorization: Basic …
//   > content-type: application/x-www-form-urlencoded
//   > token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token
//   < 200
//   < {"active":false}
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Bearer realm="api", error="invalid_token", error_description="The token was not accepted"
//
// {…,"code":"credential-invalid",…}
