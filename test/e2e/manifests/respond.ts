import { defineGateway, defineRoutes } from "isogate";
import * as z from "zod";
import order from "./mocks/order.schema.json" with { type: "json" };

export const routes = defineRoutes(
  { access: "public" },
  {
    "GET /product": {
      respond: {
        file: "./mocks/product.json",
        examples: {
          "sold-out": { file: "mocks/product.json", headers: { "x-stock": "0" } },
          missing: { status: 404, text: "No such product." },
        },
      },
    },
    "GET /page": { respond: { file: "mocks/page.html", status: 203 } },
    "GET /picture": { respond: { file: "mocks/picture.png", headers: { "cache-control": "no-cache" } } },
    "GET /typed": { respond: { file: "mocks/page.html", headers: { "content-type": "text/plain" } } },
    "GET /order": { respond: { schema: order } },
    "GET /zod": {
      respond: { schema: z.object({ id: z.uuid(), tags: z.array(z.string()) }), from: "generated" },
    },
    "GET /cached": {
      cache: { ttl: "1m" },
      respond: { text: "cached", headers: { "cache-control": "max-age=60" } },
    },
  },
);

export default defineGateway({ routes: [routes] });
