import { defineRoutes } from "isogate";
import { perVisitor } from "../limits.ts";
import { issuer } from "../upstreams.ts";

/** The demo's way in: what `npm start` uses to get its tokens. */
export const demoRoutes = defineRoutes(
  { prefix: "/issuer", access: "public", rateLimit: perVisitor },
  {
    "GET /.well-known/jwks.json": {
      summary: "Public keys of the demo's issuer",
      forward: { upstream: issuer, stripPrefix: "/issuer" },
    },
    "POST /token": {
      summary: "A token for a demo user; in development only",
      forward: { upstream: issuer, stripPrefix: "/issuer" },
    },
  },
);
