import { defineRoutes } from "isogate";
import { shopToken } from "./credentials.ts";
import { orderBurst, ordersPerDay, perCustomer } from "./limits.ts";
import { orders } from "./upstreams.ts";

export const orderRoutes = defineRoutes(
  { prefix: "/v1", access: shopToken({ scopes: ["shop:read"] }), rateLimit: perCustomer },
  {
    "GET /orders": {
      summary: "The customer's own orders",
      forward: { upstream: orders, path: "/customers/{identity.subject}/orders" },
    },
    "GET /orders/:id{[0-9]+}": {
      summary: "One of the customer's own orders",
      forward: { upstream: orders, path: "/customers/{identity.subject}/orders/{params.id}" },
    },
    "POST /orders": [
      {
        summary: "Place an order",
        when: { content: "application/json" },
        access: shopToken({ scopes: ["shop:write"] }),
        rateLimit: [orderBurst, ordersPerDay],
        bodyLimit: "10KB",
        forward: { upstream: orders, path: "/customers/{identity.subject}/orders", timeout: "2s" },
        hooks: { upstreamResponse: publicLocation },
      },
      {
        summary: "Orders are JSON",
        respond: { status: 415, headers: { accept: "application/json" }, text: "Send the order as JSON.\n" },
      },
    ],
  },
);

/** The origin knows its own paths; customers are shown ours. */
function publicLocation(response: Response): Response | undefined {
  const location = response.headers.get("location");
  if (location === null) return undefined;
  const answer = new Response(response.body, response);
  answer.headers.set("location", location.replace(/^\/customers\/[^/]+/, "/v1"));
  return answer;
}
