// Lists that operators edit, in front of a route for everybody and one for tokens.
import { defineGateway, defineRoutes, jwt, secret } from "isogate";

const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});
const ban = { failures: 3, window: "1d", for: "1h", list: "bans" } as const;

export const routes = defineRoutes(
  { block: { deny: ["abuse", "bans"], ban } },
  {
    "GET /open": { access: "public", respond: { text: "open" } },
    "GET /own": { access: token, handler: ({ identity }) => ({ subject: identity?.subject }) },
    "GET /partners": { access: token, block: { allow: ["partners"] }, respond: { text: "partners" } },
    "GET /inside": { access: "public", block: { allow: ["office"] }, respond: { text: "inside" } },
    "GET /soon": { access: "public", block: { deny: ["abuse"], mode: "report" }, respond: { text: "soon" } },
  },
);

export default defineGateway({ routes: [routes] });
