import { defineRoutes } from "isogate";
import { shopToken } from "./credentials.ts";
import { catalog, orders } from "./upstreams.ts";

/** For the staff: routes/index.ts asks for the scope `shop:admin` on every path under /v1/admin. */
export const adminRoutes = defineRoutes(
  { prefix: "/v1/admin", access: shopToken },
  {
    "GET /orders": {
      summary: "Everybody's orders",
      forward: { upstream: orders, path: "/orders" },
    },
    "GET /sales": {
      summary: "Turnover by product",
      // What data cannot say, a function can.
      handler: async (ctx) => {
        const [{ orders: placed }, { products }] = await Promise.all([
          ctx.fetch(orders, "/orders").then((response) => response.json<{ orders: Order[] }>()),
          ctx.fetch(catalog, "/products").then((response) => response.json<{ products: Product[] }>()),
        ]);
        const sales = products.map(({ id, price }) => {
          const lines = placed.filter(({ product }) => product === id);
          const sold = lines.reduce((sum, { quantity }) => sum + quantity, 0);
          return { product: id, sold, turnover: sold * price };
        });
        return { sales };
      },
    },
  },
);

interface Order {
  readonly product: string;
  readonly quantity: number;
}

interface Product {
  readonly id: string;
  /** Cents. */
  readonly price: number;
}
