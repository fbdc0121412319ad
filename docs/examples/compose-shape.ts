// Without `merge` the parts are joined in the order of their declaration. Each is shaped first; `route` takes a part
// from another route of the gateway. With `partial: "deny"` there is a whole answer or none.
import { compose, defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });

const page = defineRoutes(
  { access: "public" },
  {
    "GET /stock/:id": { respond: { json: { pieces: 4, shelf: "B7" } } },
    "GET /page/:id": {
      compose: compose(
        {
          tea: {
            upstream: catalog,
            path: "/teas/{params.id}",
            pick: ["id", "label", "price.amount"],
            rename: { label: "name" },
            // The catalog's own 404 is the answer, body and all.
            passStatus: [404],
          },
          stock: { route: "/stock/{params.id}", omit: ["shelf"], group: "stock", optional: true },
        },
        { partial: "deny" },
      ),
    },
  },
);

export default defineGateway({ routes: [page] });

// $ curl -i http://localhost:8787/page/assam
//   > GET https://catalog.example/teas/assam
//   > accept: application/json
//   < 200
//   < {"id":"assam","label":"Assam","price":{"amount":9,"vat":1},"supplier":"secret"}
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"assam","price":{"amount":9},"name":"Assam","stock":{"pieces":4}}
//
// $ curl -i http://localhost:8787/page/coffee
//   > GET https://catalog.example/teas/coffee
//   > accept: application/json
//   < 404
//   < {"error":"no such tea"}
// HTTP/1.1 404 Not Found
// content-type: application/json
//
// {"error":"no such tea"}
