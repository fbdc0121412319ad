// Opaque tokens, about which their authorization server is asked.
import { defineGateway, defineRoutes, env, introspection, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const login = upstream("login", { origin: env("LOGIN") });
const token = introspection({
  upstream: login,
  path: "/introspect",
  clientId: env("CLIENT_ID"),
  clientSecret: secret("CLIENT_SECRET"),
  issuer: "https://login.example",
  audience: "https://api.example",
  maxAge: "1s",
});
const forward = { upstream: origin };

export const routes = defineRoutes(
  {},
  {
    "GET /me": { access: token, forward },
    "GET /orders": { access: token({ scopes: ["orders:read"] }), forward },
    "GET /hasty": { access: token, deadline: "300ms", forward },
  },
);

export default defineGateway({ routes: [routes] });
