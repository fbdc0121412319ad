// Hono's own middleware, run as policies.
import { basicAuth } from "hono/basic-auth";
import { bodyLimit } from "hono/body-limit";
import { getConnInfo } from "hono/cloudflare-workers";
import { csrf } from "hono/csrf";
import { etag } from "hono/etag";
import { ipRestriction } from "hono/ip-restriction";
import { poweredBy } from "hono/powered-by";
import { prettyJSON } from "hono/pretty-json";
import { secureHeaders } from "hono/secure-headers";
import { timing } from "hono/timing";
import { validator } from "hono/validator";
import { defineGateway, defineRoutes, env, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const forward = { upstream: origin };

export const routes = defineRoutes(
  { access: "public", middleware: [timing(), poweredBy({ serverName: "tea" })] },
  {
    "GET /inherited": { forward },
    "GET /basic": { middleware: basicAuth({ username: "ada", password: "lovelace" }), forward },
    "GET /address": { middleware: ipRestriction(getConnInfo, { allowList: ["192.0.2.0/24"] }), forward },
    "POST /csrf": { middleware: csrf(), forward },
    "GET /etag": { middleware: etag(), respond: { text: "tea" } },
    "GET /pretty": { middleware: [secureHeaders(), prettyJSON()], respond: { json: { a: 1 } } },
    "POST /limited": { middleware: bodyLimit({ maxSize: 10 }), forward },
    "POST /valid": {
      middleware: validator("json", (value, c) => ("a" in value ? value : c.text("no", 422))),
      forward,
    },
    "GET /anew": {
      middleware: async (c, next) => {
        c.req.raw = new Request(new URL(c.req.url), c.req.raw);
        await next();
      },
      forward,
    },
    "GET /cached": { cache: { ttl: "1m" }, middleware: timing(), forward },
    "GET /limit": { rateLimit: { limit: 1, window: "1h" }, respond: { text: "x" } },
    "GET /socket": { websocket: true, forward },
  },
);

export default defineGateway({ routes: [routes] });
