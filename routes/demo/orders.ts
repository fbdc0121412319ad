import { error, json, Router } from "itty-router";

interface Order {
  readonly id: number;
  readonly customer: string;
  readonly product: string;
  readonly quantity: number;
}

/** Kept as long as the isolate lives; the newest only. */
const placed: Order[] = [
  { id: 1, customer: "ada", product: "assam", quantity: 2 },
  { id: 2, customer: "grace", product: "cup", quantity: 6 },
];
const KEPT = 100;
let lastId = 2;

/** Orders, by customer. Who the customer is, the gateway has made sure of. */
export const orders = Router({ catch: error, finally: [json] });

orders
  .get("/orders", () => ({ orders: placed }))
  .get("/customers/:customer/orders", ({ params, query }) => ({
    orders: placed.filter(({ customer }) => customer === params.customer).slice(-Number(query.limit ?? KEPT)),
  }))
  .get(
    "/customers/:customer/orders/:id",
    ({ params }) =>
      placed.find(({ id, customer }) => String(id) === params.id && customer === params.customer) ??
      error(404, "No such order."),
  )
  .post("/customers/:customer/orders", async (request) => {
    const wanted = await request.json().catch(() => undefined);
    if (!isOrder(wanted)) return error(422, 'Send {"product": "assam", "quantity": 1}.');
    const { product, quantity } = wanted;
    lastId++;
    const order: Order = { id: lastId, customer: request.params.customer!, product, quantity };
    placed.push(order);
    if (placed.length > KEPT) placed.shift();
    return json(order, {
      status: 201,
      headers: { location: `/customers/${order.customer}/orders/${order.id}` },
    });
  });

function isOrder(value: unknown): value is Pick<Order, "product" | "quantity"> {
  if (typeof value !== "object" || value === null) return false;
  const { product, quantity } = value as Partial<Order>;
  return typeof product === "string" && Number.isInteger(quantity) && Number(quantity) > 0;
}
