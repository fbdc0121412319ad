// What counts, limits and refuses, to be explained.
import { compose, defineGateway, defineRoutes, env, jwt, meter, quota, secret, upstream } from "isogate";

const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});

const billing = upstream("billing", { origin: env("ORIGIN") });
const weak = upstream("weak", {
  origin: env("ORIGIN"),
  concurrency: { limit: 30, queue: { size: 10, wait: "200ms" } },
  shed: {},
});
const daily = quota({ name: "daily", limit: 3, period: "day", by: ["route"] });
const to = { upstream: billing, path: "/events" };

export default defineGateway({
  routes: [
    defineRoutes(
      { access: token },
      {
        "GET /counted": {
          quota: daily,
          concurrency: [
            { limit: 10, scope: "global" },
            { limit: 2, by: ["address"], queue: { size: 3, wait: "700ms" } },
          ],
          priority: "background",
          meter: meter({ event: "call", value: 7, to }),
          forward: { upstream: weak },
        },
        "GET /parts": {
          compose: compose({
            needed: { upstream: weak, path: "/a" },
            extra: { upstream: weak, path: "/b", optional: true },
          }),
        },
        "GET /prepaid": {
          meter: meter({ event: "call", value: 5, prepaid: { reserve: 5 }, to }),
          respond: { json: {} },
        },
      },
    ),
  ],
});
