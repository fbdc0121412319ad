// Limits by every kind of key, with the counters that the environment gives.
import { defineGateway, defineRoutes, jwt, rateLimit, secret } from "isogate";

const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});

const twice = rateLimit({ name: "twice", limit: 2, window: "1d" });
const respond = { json: { served: true } };

export default defineGateway({
  defaults: { cors: { origins: ["https://shop.example"] } },
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /exact": { rateLimit: { limit: 20, window: "1d", by: ["route"] }, respond },
        "GET /address": { rateLimit: twice, respond },
        "GET /address/again": { rateLimit: twice, respond },
        "GET /header": { rateLimit: { ...twice, by: ["headers.x-key"] }, respond },
        "GET /params/:id": { rateLimit: { ...twice, by: ["params.id", "query.q"] }, respond },
        "GET /identity": { access: token, rateLimit: twice, respond },
        "GET /claim": { access: token, rateLimit: { ...twice, by: ["identity.claims.org"] }, respond },
        "GET /before-access": { access: token, rateLimit: { ...twice, by: ["address"] }, respond },
        "GET /two": {
          rateLimit: [
            { name: "day", limit: 100, window: "1d" },
            { name: "burst", limit: 3, window: "1m", by: ["route"] },
          ],
          respond,
        },
        "GET /deny": { rateLimit: { limit: 5, window: "1m" }, respond },
        "GET /allow": { rateLimit: { limit: 5, window: "1m", onStoreFailure: "allow" }, respond },
      },
    ),
  ],
});
