// Who may do what: by rules, by a service that decides, and by one that says who calls.
import { defineGateway, defineRoutes, env, externalAuth, jwt, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const issuer = upstream("issuer", { origin: env("ORIGIN") });
const decisions = upstream("decisions", { origin: env("DECISIONS"), timeout: "2s" });
const dead = upstream("dead", { origin: env("DEAD") });

const token = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "https://api.example",
    keys: { upstream: issuer, path: "/jwks.json" },
  },
});
const session = externalAuth({
  upstream: decisions,
  path: "/verify",
  forwardHeaders: ["cookie", "authorization"],
  identity: { subject: "x-auth-user", scopes: "x-auth-scopes", roles: "x-auth-roles" },
  toOrigin: ["x-tenant"],
  redirects: "relay",
});
const keptSession = externalAuth({
  upstream: decisions,
  path: "/verify-kept",
  forwardHeaders: ["authorization"],
  identity: { subject: "x-auth-user" },
  cache: { ttl: "5m", by: ["method"] },
});
const unreachable = externalAuth({
  upstream: dead,
  path: "/verify",
  forwardHeaders: ["authorization"],
  identity: { subject: "x-auth-user" },
});

const forward = { upstream: origin };
const input = { user: "identity.subject", method: "request.method", order: "request.params.id" } as const;

export const routes = defineRoutes(
  {
    authorize: {
      rules: [
        { deny: true, when: 'request.address in cidr("192.0.2.0/24")' },
        { allow: true, methods: ["GET"], scopes: ["orders:read"] },
        { allow: true, scopes: ["orders:write"], reason: "Ask for the scope orders:write." },
      ],
    },
  },
  {
    "ANY /orders": { access: token, forward },
    "GET /orgs/:org": {
      access: token,
      authorize: { rules: [{ allow: true, when: "request.params.org == identity.claims.org" }] },
      forward,
    },
    "ANY /asked/:id": {
      access: token,
      authorize: {
        rules: [
          { allow: true, when: 'identity.scopes has "admin"' },
          { ask: { upstream: decisions, path: "/v1/data/orders/allow", input, toOrigin: ["x-tenant"] } },
        ],
      },
      forward,
    },
    "GET /kept/:id": {
      access: token,
      authorize: {
        rules: [{ ask: { upstream: decisions, path: "/v1/data/kept", input, cache: { ttl: "5m" } } }],
      },
      forward,
    },
    "GET /unasked/:id": {
      access: token,
      authorize: { rules: [{ ask: { upstream: dead, path: "/v1/data/orders/allow", input } }] },
      forward,
    },
    "GET /trial": {
      access: token,
      authorize: { rules: [{ allow: true, roles: ["staff"] }], mode: "report" },
      forward,
    },
    "ANY /session": { access: session, authorize: { rules: [{ allow: true, roles: ["staff"] }] }, forward },
    "GET /kept-session": { access: keptSession, authorize: { rules: [{ allow: true }] }, forward },
    "GET /unreachable": { access: unreachable, authorize: { rules: [{ allow: true }] }, forward },
  },
);

export default defineGateway({ routes: [routes] });
