import { cache, defineRoutes } from "isogate";
import { perSearcher, perVisitor } from "./limits.ts";
import { catalog } from "./upstreams.ts";

/** Products change a few times a day. While the catalog is down, yesterday's are better than none. */
const products = cache({
  ttl: "1m",
  staleWhileRevalidate: "10m",
  staleIfError: "1d",
  key: { query: ["category"] },
  tags: ["products"],
});

export const catalogRoutes = defineRoutes(
  { prefix: "/v1", access: "public" },
  {
    // Variants of one route: the first whose `when` holds answers.
    "GET /products": [
      {
        summary: "Search products",
        when: { query: { q: true } },
        rateLimit: perSearcher,
        forward: { upstream: catalog, path: "/search" },
      },
      {
        summary: "All products, or those of one category",
        rateLimit: perVisitor,
        cache: products,
        forward: { upstream: catalog, stripPrefix: "/v1" },
      },
    ],
    "GET /products/:id": {
      summary: "One product",
      rateLimit: perVisitor,
      cache: { ...products, tags: ["products", "product:{params.id}"] },
      forward: { upstream: catalog, path: "/products/{params.id}" },
    },
    "GET /items/:id": {
      summary: "The address of a product before 2026",
      redirect: { to: "/v1/products/{params.id}" },
    },
  },
);
