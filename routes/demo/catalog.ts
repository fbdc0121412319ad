import { error, json, Router } from "itty-router";

const products = [
  { id: "assam", name: "Assam", category: "tea", price: 790 },
  { id: "sencha", name: "Sencha", category: "tea", price: 1150 },
  { id: "teapot", name: "Teapot, one litre", category: "pots", price: 3400 },
  { id: "cup", name: "Cup, thin", category: "cups", price: 900 },
] as const;

const reviews: readonly { product: string; stars: number; text: string }[] = [
  { product: "assam", stars: 5, text: "Wakes the dead." },
  { product: "assam", stars: 4, text: "Good with milk." },
  { product: "cup", stars: 5, text: "Thin indeed." },
];

/** What the shop sells, and what people say about it. Prices in cents. */
export const catalog = Router({ catch: error, finally: [json] });

const find = (id: string | undefined) => products.find((product) => product.id === id);

catalog
  .get("/products", ({ query }) => ({
    products: products.filter(({ category }) => query.category === undefined || category === query.category),
  }))
  .get("/search", ({ query }) => ({
    products: products.filter(({ name }) => name.toLowerCase().includes(String(query.q).toLowerCase())),
  }))
  .get("/products/:id", ({ params }) => find(params.id) ?? error(404, "No such product."))
  .get("/products/:id/reviews", async ({ params: { id } }) => {
    // Slower than the gateway waits, so that one can see what it does about it.
    if (id === "teapot") await new Promise((resolve) => setTimeout(resolve, 2_000));
    return { reviews: reviews.filter(({ product }) => product === id) };
  });
