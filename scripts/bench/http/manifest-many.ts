// The benchmark's plain route among as many others as BENCH_ROUTES says.
import { defineGateway, defineRoutes, upstream } from "isogate";

const origin = upstream("origin", { origin: `http://127.0.0.1:${process.env.BENCH_ORIGIN_PORT}` });
const count = Number(process.env.BENCH_ROUTES ?? 10);
const shapes = ["", "/:id", "/:id{\\d+}/lines", "/:id/lines/:line", "/:id/files/*"] as const;

const others = Array.from({ length: count - 1 }, (_, index) => {
  const resource = `/v1/resource-${Math.floor(index / shapes.length)}`;
  return [`GET ${resource}${shapes[index % shapes.length]}`, { forward: { upstream: origin } }] as const;
});

export const routes = defineRoutes(
  { deadline: "10s", access: "public" },
  { "GET /v1/products/:id": { forward: { upstream: origin } }, ...Object.fromEntries(others) },
);

export default defineGateway({ routes: [routes] });
