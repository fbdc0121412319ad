// Callers who prove themselves with credentials of others, and must be registered consumers of this gateway.
import { basic, defineGateway, defineRoutes, env, jwt, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const partner = {
  issuer: "https://partner.example",
  audience: "https://api.example",
  keys: { secret: secret("PARTNER_SECRET") },
};
const customer = jwt({
  issuers: { ...partner, consumerClaim: "org", rolesClaim: "roles" },
  registered: { staleness: "2s" },
});
const office = basic({
  users: { ada: secret("ADA_PASSWORD") },
  consumers: { ada: "office" },
  registered: true,
});

const forward = { upstream: origin };
const respond = { json: { served: true } };

export const routes = defineRoutes(
  { access: customer },
  {
    "GET /me": { forward },
    "GET /gold": { authorize: { rules: [{ allow: true, when: 'identity.plan == "gold"' }] }, respond },
    "GET /partners": { authorize: { rules: [{ allow: true, roles: ["partner"] }] }, respond },
    "GET /office": { access: office, forward },
    "GET /anybody": {
      access: jwt({ issuers: { ...partner, consumerClaim: "org", planClaim: "tier" } }),
      forward,
    },
  },
);

export default defineGateway({ routes: [routes] });
