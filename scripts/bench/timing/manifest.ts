// A route for keys that no origin is asked for.
import { apiKey, defineGateway, defineRoutes } from "isogate";
import { KEY_PREFIX } from "../http/workers/claims.ts";

export const routes = defineRoutes(
  {},
  { "GET /me": { access: apiKey({ prefix: KEY_PREFIX }), respond: { json: { served: true } } } },
);

export default defineGateway({ routes: [routes], stores: { counters: "memory", responses: "memory" } });
