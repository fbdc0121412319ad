import { compose, defineRoutes } from "isogate";
import { shopToken } from "./credentials.ts";
import { perCustomer, perVisitor } from "./limits.ts";
import { accounts, catalog, orders } from "./upstreams.ts";

export const storefrontRoutes = defineRoutes(
  { prefix: "/v1" },
  {
    "GET /storefront": {
      summary: "What a customer sees first",
      access: shopToken({ scopes: ["shop:read"] }),
      rateLimit: perCustomer,
      // `user` comes first, because the others name it; `orders` and `picks` then run at the same time.
      compose: compose(
        {
          user: { upstream: accounts, path: "/users/{identity.subject}", pick: ["id", "name", "favourite"] },
          orders: {
            upstream: orders,
            path: "/customers/{user.id}/orders?limit=3",
            target: "orders",
            optional: true,
            fallback: [],
            timeout: "800ms",
          },
          picks: {
            upstream: catalog,
            path: "/products?category={user.favourite}",
            target: "products",
            pick: ["id", "name", "price"],
            optional: true,
            fallback: [],
            timeout: "800ms",
          },
        },
        { merge: ({ user, orders, picks }) => ({ hello: user.name, orders, picks }) },
      ),
    },
    "GET /products/:id/page": {
      summary: "A product with its reviews",
      access: "public",
      rateLimit: perVisitor,
      cache: { ttl: "30s", tags: ["product:{params.id}"] },
      compose: compose({
        // A product that the catalog does not know is a 404 here too.
        product: { upstream: catalog, path: "/products/{params.id}", passStatus: [404] },
        // The page is worth having without its reviews.
        reviews: {
          upstream: catalog,
          path: "/products/{params.id}/reviews",
          target: "reviews",
          optional: true,
          fallback: [],
          timeout: "300ms",
        },
      }),
    },
  },
);
