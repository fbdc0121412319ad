// The routes of the benchmark's manifests. Where the origin listens and which key the issuer has changes with
// every run, so the build is told through the environment.
import { compose, defineRoutes, jwt, rateLimit, upstream } from "isogate";
import { AUDIENCE, ISSUER } from "./workers/claims.ts";

export const origin = upstream("origin", { origin: `http://127.0.0.1:${process.env.BENCH_ORIGIN_PORT}` });

export const caller = jwt({
  issuers: {
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: { keys: [JSON.parse(process.env.BENCH_JWK ?? "{}")] },
    algorithms: ["ES256"],
  },
});

// Never reached: what is measured is the counting.
const perCaller = rateLimit({ name: "api", limit: 100_000_000, window: "1m", by: ["identity.id"] });

/** One route for each subject that is the gateway. */
export const routes = defineRoutes(
  { prefix: "/v1", deadline: "10s" },
  {
    "GET /products/:id": { access: "public", forward: { upstream: origin } },
    "GET /orders/:id": { access: caller, rateLimit: perCaller, forward: { upstream: origin } },
    "GET /catalog/:id": { access: "public", cache: { ttl: "1h" }, forward: { upstream: origin } },
    "GET /storefront": {
      access: "public",
      compose: compose({
        user: { upstream: origin, path: "/slow/user", group: "user" },
        orders: { upstream: origin, path: "/slow/orders", group: "orders" },
        offers: { upstream: origin, path: "/slow/offers", group: "offers" },
        stock: { upstream: origin, path: "/slow/stock", group: "stock" },
      }),
    },
  },
);
