import { defineGateway, defineRoutes, recorded, upstream } from "isogate";
import recording from "./recordings/origin.json" with { type: "json" };

export const origin = upstream("origin", { origin: recorded(recording) });

export const routes = defineRoutes({ access: "public" }, { "ANY /*": { forward: { upstream: origin } } });

export default defineGateway({ routes: [routes] });
