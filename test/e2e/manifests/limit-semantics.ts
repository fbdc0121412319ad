// What a limit is for whom, and what it counts, with the counters that the environment gives.
import { defineGateway, defineRoutes, env, jwt, rateLimit, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});
const window = "1d";
const respond = { status: 204 } as const;

export const overridden = rateLimit({
  name: "overridden",
  limit: 2,
  window,
  by: ["address"],
  override: ({ headers, query }, { route }) => {
    if (query.has("broken")) throw new Error(`broken on ${route}`);
    return headers.has("x-limit") ? { limit: Number(headers.get("x-limit")) } : undefined;
  },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /absent": {
          rateLimit: { limit: 2, window, by: ["headers.x-tenant"], absent: "refuse" },
          respond,
        },
        "GET /exempt": {
          rateLimit: {
            limit: 1,
            window,
            by: ["route"],
            exempt: { networks: ["192.0.2.0/24"], when: 'request.query.probe == "yes"' },
          },
          respond,
        },
        "GET /overridden": { rateLimit: overridden, respond },
        "GET /hammered": {
          rateLimit: {
            name: "hammered",
            limit: 3,
            window,
            by: ["address"],
            countRefused: true,
            counting: "exact",
          },
          respond,
        },
        "GET /penalty": {
          rateLimit: {
            name: "penalty",
            limit: 2,
            window: "8s",
            by: ["address"],
            penalty: { first: "1m", most: "5m" },
          },
          respond,
        },
        "GET /tokens": {
          rateLimit: {
            name: "tokens",
            limit: 100,
            window,
            by: ["address"],
            cost: { response: "headers.x-cost" },
          },
          forward: { upstream: origin },
        },
        "GET /prepaid": {
          rateLimit: {
            name: "prepaid",
            limit: 100,
            window,
            by: ["address"],
            cost: { response: "headers.x-cost", atFirst: 10, otherwise: 50 },
          },
          forward: { upstream: origin },
        },
        "GET /many/*": {
          cache: { ttl: "1h" },
          rateLimit: {
            name: "loads",
            limit: 50,
            window,
            count: "origin",
            cost: { response: "headers.x-cost", atFirst: 1 },
            counting: "exact",
          },
          forward: { upstream: origin },
        },
        "GET /mine": {
          access: token,
          rateLimit: {
            name: "mine",
            limit: 1,
            window,
            consumers: { "https://partner.example#ada": 3 },
          },
          respond,
        },
      },
    ),
  ],
});
