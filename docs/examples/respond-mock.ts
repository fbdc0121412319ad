// An API that has no origin yet: bodies from a file and from a JSON Schema, made at build and always the same. In
// development a client may ask for another answer with `Prefer`.
import { defineGateway, defineRoutes } from "isogate";

const order = {
  type: "object",
  required: ["id", "state"],
  properties: { id: { type: "integer", minimum: 1 }, state: { enum: ["paid", "sent"] } },
} as const;

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas/:id": {
          respond: {
            file: "./mocks/tea.json",
            examples: { gone: { status: 410, json: { error: "drunk" } } },
          },
        },
        "GET /orders/:id": { respond: { schema: order, from: "generated" } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas/assam
// HTTP/1.1 200 OK
// content-type: application/json
//
// { "id": "assam", "name": "Assam", "cents": 900 }
//
// $ curl -i http://localhost:8787/teas/assam -H 'Prefer: example=gone'
// HTTP/1.1 410 Gone
// content-type: application/json
// preference-applied: example=gone
//
// {"error":"drunk"}
//
// $ curl -i http://localhost:8787/orders/7
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":1,"state":"paid"}
