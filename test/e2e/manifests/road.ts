// How a request finds its route, what an origin is told, and what every answer carries.
import { defineGateway, defineRoutes, env, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const nowhere = upstream("nowhere", { origin: env("NEVER_SET") });

export const routes = defineRoutes(
  { access: "public" },
  {
    "GET /items": { respond: { json: { route: "list" } } },
    "POST /items": { forward: { upstream: origin } },
    "GET /items/new": { respond: { json: { route: "static" } } },
    "GET /items/:id{[0-9]+}": { respond: { json: { route: "patterned" } } },
    "GET /items/:id": { respond: { json: { route: "param" } } },
    "GET /items/*": { respond: { json: { route: "rest" } } },
    "GET /items/:id/parts": { respond: { json: { route: "parts" } } },
    "GET /hosted": [
      { when: { host: "one.example" }, respond: { json: { host: "one" } } },
      { when: { host: "*.two.example" }, respond: { json: { host: "below two" } } },
      { respond: { json: { host: "any" } } },
    ],
    "ANY /echo/*": { forward: { upstream: origin } },
    "HEAD /own-head": { respond: { status: 204, headers: { "x-head": "its own" } } },
    "GET /own-head": { respond: { json: {} } },
    "PUT /cors": { cors: { origins: ["https://admin.example"], allowHeaders: ["x-edit"] }, respond: {} },
    "GET /cors": { cors: { origins: "*" }, respond: { json: {} } },
    "GET /own-cors": {
      respond: { json: {}, headers: { "access-control-allow-origin": "*", "x-frame-options": "SAMEORIGIN" } },
    },
    "GET /throws": {
      handler: () => {
        throw new Error("the secret reason");
      },
    },
    "GET /unset": { forward: { upstream: nowhere } },
  },
);

export default defineGateway({
  defaults: {
    deadline: "5s",
    securityHeaders: true,
    cors: {
      origins: ["https://shop.example", "https://*.shop.example"],
      credentials: true,
      exposeHeaders: ["x-request-id"],
    },
  },
  routes: [routes],
});
