// People who log in at an OpenID provider; what the origin sees of them.
import { defineGateway, defineRoutes, env, oidc, oidcRoutes, secret, upstream } from "isogate";

const forward = { upstream: upstream("origin", { origin: env("ORIGIN") }) };
const options = {
  issuer: process.env.ISSUER ?? "",
  clientId: "gateway",
  clientSecret: secret("CLIENT_SECRET"),
  session: { secret: [secret("SESSION_SECRET"), secret("OLD_SESSION_SECRET")] },
} as const;

export const person = oidc({
  ...options,
  scopes: ["profile"],
  upstreamToken: true,
  afterLogout: "/open",
  rolesClaim: "roles",
});
/** The same, without the token for origins. */
export const quiet = oidc({ ...options, path: "/quiet/auth", parameters: { prompt: "login" } });

export const logins = oidcRoutes(person);
export const quietLogins = oidcRoutes(quiet);

export const routes = defineRoutes(
  { access: person },
  {
    "GET /open": { access: "public", forward },
    "GET /page": { forward },
    "GET /api/me": { handler: ({ identity }) => ({ ...identity }) },
    "ANY /api/orders": { forward },
    "GET /api/staff": { access: person({ scopes: ["staff"] }), forward },
    "GET /quiet/page": { access: quiet, forward },
    "GET /cached": { cache: { ttl: "1m", key: { identity: true } }, forward },
    "GET /socket": { websocket: true, forward },
  },
);

export default defineGateway({
  defaults: { securityHeaders: { contentSecurityPolicy: false } },
  routes: [logins, quietLogins, routes],
});
