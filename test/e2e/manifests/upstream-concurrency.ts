// Upstreams that take only so many requests at once.
import { compose, defineGateway, defineRoutes, env, quota, upstream } from "isogate";

const origin = env("ORIGIN");
export const few = upstream("few", { origin, concurrency: { limit: 2 } });
const line = upstream("line", { origin, concurrency: { limit: 1, queue: { size: 3, wait: "8s" } } });
const shortly = upstream("shortly", { origin, concurrency: { limit: 1, queue: { size: 1, wait: "100ms" } } });
const everywhere = upstream("everywhere", { origin, concurrency: { limit: 2, scope: "global" } });
const free = upstream("free", { origin });
const onlyFew = { upstream: few, path: "/few" };

export const routes = defineRoutes(
  { access: "public" },
  {
    "GET /few": { forward: { upstream: few } },
    "GET /few/other": { forward: { upstream: few } },
    "GET /parts": {
      compose: compose({
        needed: { upstream: free, path: "/needed" },
        extra: { ...onlyFew, optional: true, fallback: { extra: "none" } },
      }),
    },
    "GET /whole": { compose: compose({ needed: { upstream: free, path: "/needed" }, extra: onlyFew }) },
    "GET /daily": {
      quota: quota({ name: "daily", limit: 9, period: "day", by: ["route"] }),
      forward: { upstream: few },
    },
    "GET /limited": {
      rateLimit: { name: "limited", limit: 9, window: "1h", by: ["route"] },
      forward: { upstream: few },
    },
    "GET /looked": { handler: async (ctx) => ({ ok: (await ctx.fetch(few, "/big")).ok }) },
    "GET /warned": {
      quota: quota({
        name: "warned",
        limit: 10,
        period: "day",
        by: ["route"],
        warnAt: [0.1],
        warnTo: { upstream: line, path: "/warnings" },
      }),
      respond: {},
    },
    "GET /line/other": { forward: { upstream: line } },
    "GET /shortly": { forward: { upstream: shortly } },
    "GET /everywhere": { forward: { upstream: everywhere } },
    "GET /everywhere/other": { forward: { upstream: everywhere } },
  },
);

export default defineGateway({ routes: [routes] });
