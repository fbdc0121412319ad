// Answers that are kept and given to others, and those that must not be.
import { cache, defineGateway, defineRoutes, env, jwt, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const raw = upstream("raw", { origin: env("RAW_ORIGIN") });

const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});

const minute = cache({ ttl: "1m" });
const forward = { upstream: origin };

export const routes = defineRoutes(
  { access: "public" },
  {
    "GET /plain/*": { cache: minute, forward },
    "GET /by-origin/*": { cache: {}, forward },
    "GET /revalidated": { cache: { ttl: "1s", staleWhileRevalidate: "1m" }, forward },
    "GET /for-errors": { cache: { ttl: "1s", staleIfError: "1m" }, forward },
    "GET /confirmed": { cache: { ttl: "1s" }, forward },
    "GET /keyed": { cache: { ttl: "1m", key: { query: ["a", "b"], headers: ["x-tenant"] } }, forward },
    "GET /mine": { access: token, cache: { ttl: "1m", key: { identity: true } }, forward },
    "GET /shared": { access: token, cache: { ttl: "1m", public: true }, forward },
    "GET /broken/*": { cache: minute, forward: { upstream: raw } },
    "GET /finished": {
      cache: minute,
      rateLimit: { name: "counted", limit: 10, window: "1d" },
      cors: { origins: ["https://one.example", "https://two.example"] },
      hooks: {
        response: (response, { headers }) => {
          const answer = new Response(response.body, response);
          answer.headers.set("x-for", headers.get("x-me") ?? "nobody");
          return answer;
        },
      },
      forward,
    },
  },
);

export default defineGateway({ routes: [routes] });
