// The benchmark's plain route where paths may be spelt in several ways.
import { defineGateway } from "isogate";
import { routes } from "./manifest-routes.ts";

export default defineGateway({
  paths: { trailingSlash: "ignore", case: "insensitive" },
  routes: [routes],
  stores: { counters: "memory", responses: "memory" },
});
