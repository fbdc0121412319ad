// Keys of registered consumers, in every place that they may be in.
import { anyOf, apiKey, defineGateway, defineRoutes, env, jwt, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const partner = {
  issuer: "https://partner.example",
  audience: "https://api.example",
  keys: { secret: secret("PARTNER_SECRET") },
};

const token = jwt({ issuers: partner });
const key = apiKey({ prefix: "shop_live", query: "k", bearer: true });
const inHeader = apiKey({ prefix: "shop_live" });

const forward = { upstream: origin };

export const routes = defineRoutes(
  {},
  {
    "GET /me": { access: key, forward },
    "GET /orders": { access: key({ scopes: ["orders:read"] }), forward },
    "GET /either": { access: anyOf(key, token), forward },
    "GET /cached": { access: key, cache: { ttl: "1m", public: true }, forward },
    "GET /plain": { access: inHeader, respond: { json: { served: true } } },
    "GET /guessed": {
      access: inHeader,
      rateLimit: { limit: 3, window: "1d", on: "authFailure", by: ["address"] },
      respond: { json: { served: true } },
    },
  },
);

export default defineGateway({ routes: [routes] });
