import { expect, it } from "vitest";
import { nearestRoutes } from "../../../scripts/explain/nearest.ts";
import type { CheckedRoute } from "../../../src/manifest/compiler/check-routes.ts";
import { parseRouteKey } from "../../../src/match/pattern.ts";

const routes = [
  "GET /v1/products",
  "GET /v1/products/:id",
  "POST /v1/orders",
  "GET /v1/orders/:id{[0-9]+}",
  "GET /",
].map((id) => ({ id, pattern: parseRouteKey(id) }) as CheckedRoute);
const near = (path: string) => nearestRoutes(routes, path).map(({ id }) => id);

it("are the routes that a slip of the pen away was meant for, the nearest first", () => {
  expect(near("/v1/product")).toEqual(["GET /v1/products"]);
  expect(near("/v1/prodcuts/assam")).toEqual(["GET /v1/products/:id"]);
  expect(near("/v1/order/x")).toEqual(["GET /v1/orders/:id{[0-9]+}"]);
  expect(near("/v1/orders/")).toEqual(["POST /v1/orders"]);
  expect(near("/products")).toEqual([]);
  expect(near("/something/else/entirely")).toEqual([]);
});
