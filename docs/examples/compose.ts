// One answer out of three. `user` comes first, because the others name it; they then run at the same time.
import { compose, defineGateway, defineRoutes, jwt, upstream } from "isogate";

const accounts = upstream("accounts", { origin: "https://accounts.example" });
const orders = upstream("orders", { origin: "https://orders.example" });
const catalog = upstream("catalog", { origin: "https://catalog.example" });
const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

export const start = defineRoutes(
  { access: customer },
  {
    "GET /start": {
      compose: compose(
        {
          user: { upstream: accounts, path: "/users/{identity.subject}" },
          orders: {
            upstream: orders,
            path: "/orders",
            query: { user: "{user.id}" },
            target: "data.items",
            optional: true,
            fallback: [],
            timeout: "50ms",
          },
          picks: {
            upstream: catalog,
            path: "/recommend",
            method: "POST",
            headers: { "x-plan": "{user.plan}" },
            body: { likes: "{user.likes}", count: 2 },
          },
        },
        { merge: ({ user, orders, picks }) => ({ hello: user.name, orders, picks }) },
      ),
    },
  },
);

export default defineGateway({ routes: [start] });

// $ curl -i http://localhost:8787/start -H "Authorization: Bearer $ADA"
//   > GET https://accounts.example/users/ada
//   > accept: application/json
//   < 200
//   < {"id":7,"name":"Ada","plan":"gold","likes":["green"]}
//   > GET https://orders.example/orders?user=7
//   > accept: application/json
//   < 200
//   < {"data":{"items":[{"id":1}]}}
//   > POST https://catalog.example/recommend
//   > accept: application/json
//   > content-type: application/json
//   > x-plan: gold
//   > {"likes":["green"],"count":2}
//   < 200
//   < ["sencha","gyokuro"]
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"hello":"Ada","orders":[{"id":1}],"picks":["sencha","gyokuro"]}
//
// # An optional step that is late leaves its fallback, and the answer says so.
// $ curl -i http://localhost:8787/start -H "Authorization: Bearer $ADA"
//   > GET https://accounts.example/users/ada
//   > accept: application/json
//   < 200
//   < {"id":7,"name":"Ada","plan":"gold","likes":["green"]}
//   > GET https://orders.example/orders?user=7
//   > accept: application/json
//   < never
//   > POST https://catalog.example/recommend
//   > accept: application/json
//   > content-type: application/json
//   > x-plan: gold
//   > {"likes":["green"],"count":2}
//   < 200
//   < ["sencha","gyokuro"]
// HTTP/1.1 200 OK
// cache-control: no-store
// content-type: application/json
// isogate-parts: user;status=200;ms=…, orders;failed=upstream-timeout;ms=…, picks;status=200;ms=…
//
// {"hello":"Ada","orders":[],"picks":["sencha","gyokuro"]}
//
// # A step that is not optional takes the whole answer with it.
// $ curl -i http://localhost:8787/start -H "Authorization: Bearer $ADA"
//   > GET https://accounts.example/users/ada
//   > accept: application/json
//   < 500
// HTTP/1.1 502 Bad Gateway
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"upstream-invalid",…}
