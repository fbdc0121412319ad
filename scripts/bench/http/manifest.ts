// What the benchmark measures, with counters and responses in memory.
import { defineGateway } from "isogate";
import { routes } from "./manifest-routes.ts";

export default defineGateway({ routes: [routes], stores: { counters: "memory", responses: "memory" } });
