// A minute's answers from the cache, whatever the catalog says of them.
import { defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas/:id": { cache: { ttl: "1m", tags: ["tea:{params.id}"] }, forward: { upstream: catalog } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas/assam
//   > GET https://catalog.example/teas/assam
//   < 200
//   < {"id":"assam"}
// HTTP/1.1 200 OK
// cache-status: isogate; fwd=miss; stored
// content-type: application/json
//
// {"id":"assam"}
//
// # 20s later
// $ curl -i http://localhost:8787/teas/assam
// HTTP/1.1 200 OK
// age: 20
// cache-status: isogate; hit; ttl=40
// content-type: application/json
//
// {"id":"assam"}
//
// # 41s later
// $ curl -i http://localhost:8787/teas/assam
//   > GET https://catalog.example/teas/assam
//   < 200
//   < {"id":"assam"}
// HTTP/1.1 200 OK
// cache-status: isogate; fwd=miss; stored
// content-type: application/json
//
// {"id":"assam"}
