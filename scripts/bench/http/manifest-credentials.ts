// Routes that only ask who calls: with a key of a registered consumer, or with a token.
import { apiKey, defineGateway, defineRoutes } from "isogate";
import { caller, origin } from "./manifest-routes.ts";
import { KEY_PREFIX } from "./workers/claims.ts";

export const routes = defineRoutes(
  { prefix: "/v1", deadline: "10s" },
  {
    "GET /keys/:id": { access: apiKey({ prefix: KEY_PREFIX }), forward: { upstream: origin } },
    "GET /tokens/:id": { access: caller, forward: { upstream: origin } },
  },
);

export default defineGateway({ routes: [routes], stores: { counters: "memory", responses: "memory" } });
