// A gateway whose own paths are asked for, beside a route that takes everything.
import { defineGateway, defineRoutes, jwt, secret } from "isogate";

const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});

export const routes = defineRoutes(
  {},
  {
    "GET /handled": { access: token, rateLimit: { limit: 5, window: "1m" }, handler: () => ({ answer: 42 }) },
    "ANY /*": { access: "public", handler: ({ path }) => ({ everything: path }) },
  },
);

export default defineGateway({ routes: [routes] });
