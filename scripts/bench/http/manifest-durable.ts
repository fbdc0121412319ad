// The same with every count taken from a Durable Object.
import { defineGateway } from "isogate";
import { routes } from "./manifest-routes.ts";

export default defineGateway({ routes: [routes], stores: { counters: "auto", responses: "memory" } });
