// Opaque tokens of registered consumers: the authorization server says whether a token holds and for which consumer, the
// registry what that consumer may.
import { defineGateway, defineRoutes, introspection, secret, upstream } from "isogate";

const login = upstream("login", { origin: "https://login.example" });
const token = introspection({
  upstream: login,
  path: "/introspect",
  clientId: "gateway",
  clientSecret: secret("CLIENT_SECRET"),
  issuer: "https://login.example",
  audience: "shop",
  consumerClaim: "org",
  registered: { staleness: "10s" },
});

export const people = defineRoutes(
  { access: token },
  { "GET /me": { handler: ({ identity }) => ({ id: identity?.id, plan: identity?.plan }) } },
);

export default defineGateway({ routes: [people] });

// $ npm run -s check -- --manifest docs/examples/introspection-registered.ts
//   1. introspection-registered.ts  group → access
//      the secret CLIENT_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["CLIENT_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/me -H 'Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA'
//   > POST https://login.example/introspect
//   > accept: application/json
//   > authorization: Basic …
//   > content-type: application/x-www-form-urlencoded
//   > token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token
//   < 200
//   < {"active":true,"sub":"ada","aud":"shop","org":"acme"}
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"https://login.example#ada","plan":"gold"}
//
// $ curl -i http://localhost:8787/me -H 'Authorization: Bearer tGzv3JOkF0XG5Qx2TlKWIA'
//   > POST https://login.example/introspect
//   > accept: application/json
//   > authorization: Basic …
//   > content-type: application/x-www-form-urlencoded
//   > token=tGzv3JOkF0XG5Qx2TlKWIA&token_type_hint=access_token
//   < 200
//   < {"active":true,"sub":"bob","aud":"shop","org":"umbrella"}
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"consumer-unknown",…}
