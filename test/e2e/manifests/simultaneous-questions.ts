// Credentials about which a service is asked, once for all that come at the same time.
import { defineGateway, defineRoutes, env, externalAuth, introspection, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const login = upstream("login", { origin: env("LOGIN") });
const token = introspection({
  upstream: login,
  path: "/introspect",
  clientId: "gateway",
  clientSecret: secret("CLIENT_SECRET"),
  issuer: "https://login.example",
  audience: false,
});
const session = externalAuth({
  upstream: login,
  path: "/verify",
  forwardHeaders: ["authorization"],
  identity: { subject: "x-user" },
  toClient: ["set-cookie"],
  timeout: "3s",
  cache: { ttl: "1m", by: ["host"] },
});
const forward = { upstream: origin };

export const routes = defineRoutes(
  {},
  {
    "GET /introspected": { access: token, forward },
    "GET /introspected/hasty": { access: token, deadline: "300ms", forward },
    "GET /verified": { access: session, forward },
    "GET /verified/hasty": { access: session, deadline: "300ms", forward },
  },
);

export default defineGateway({ routes: [routes] });
