// An upstream whose slowness somebody is told of.
import { defineGateway, defineRoutes, env, secret, upstream } from "isogate";

const operations = upstream("operations", {
  origin: env("ORIGIN"),
  credential: { bearer: { token: secret("HOOK_TOKEN") } },
});
const shop = upstream("shop", {
  origin: env("ORIGIN"),
  signals: {
    to: { upstream: operations, path: "/hooks/scale" },
    above: { latency: "200ms" },
    for: "5s",
    every: "20s",
  },
});

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "GET /teas": { forward: { upstream: shop } } })],
});
