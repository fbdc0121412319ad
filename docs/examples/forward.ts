// The path goes on as it is, without its prefix, or as another one.
import { defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example/api" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas/:id": { forward: { upstream: catalog } },
        "ANY /shop/*": { forward: { upstream: catalog, stripPrefix: "/shop" } },
        "GET /find/:what": {
          forward: { upstream: catalog, path: "/search?q={params.what}&limit=5", timeout: "50ms" },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas/assam?size=100g
//   > GET https://catalog.example/api/teas/assam?size=100g
//   < 200
//   < etag: "a1"
//   < {"id":"assam"}
// HTTP/1.1 200 OK
// content-type: application/json
// etag: "a1"
//
// {"id":"assam"}
//
// $ curl -i http://localhost:8787/shop/teas --json '{"id":"sencha"}'
//   > POST https://catalog.example/api/teas
//   > accept: application/json
//   > content-type: application/json
//   > {"id":"sencha"}
//   < 201
// HTTP/1.1 201 Created
//
// # The route's own query wins over the client's.
// $ curl -i 'http://localhost:8787/find/green%20tea?limit=500&sort=price'
//   > GET https://catalog.example/api/search?q=green%20tea&limit=5&sort=price
//   < never
// HTTP/1.1 504 Gateway Timeout
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"upstream-timeout",…}
//
// $ curl -i http://localhost:8787/teas/assam
//   > GET https://catalog.example/api/teas/assam
//   < unreachable
// HTTP/1.1 502 Bad Gateway
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"upstream-unreachable",…}
