// An answer that is past its minute is still served at once while a new one is fetched, and for a day if the
// catalog fails.
import { defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas": {
          cache: { ttl: "1m", staleWhileRevalidate: "10m", staleIfError: "1d" },
          forward: { upstream: catalog },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas
//   > GET https://catalog.example/teas
//   < 200
//   < ["assam"]
// HTTP/1.1 200 OK
// cache-status: isogate; fwd=miss; stored
// content-type: application/json
//
// ["assam"]
//
// # 90s later the old answer, and a new one is fetched behind it.
// $ curl -i http://localhost:8787/teas
//   > GET https://catalog.example/teas
//   < 200
//   < ["assam","sencha"]
// HTTP/1.1 200 OK
// age: 90
// cache-status: isogate; hit; ttl=-30; detail=stale-while-revalidate
// content-type: application/json
//
// ["assam"]
//
// $ curl -i http://localhost:8787/teas
// HTTP/1.1 200 OK
// age: 0
// cache-status: isogate; hit; ttl=60
// content-type: application/json
//
// ["assam","sencha"]
//
// # 2h later nobody waits for a catalog that is down.
// $ curl -i http://localhost:8787/teas
//   > GET https://catalog.example/teas
//   < unreachable
// HTTP/1.1 200 OK
// age: 7200
// cache-status: isogate; fwd=stale; ttl=-7140; detail=stale-if-error
// content-type: application/json
//
// ["assam","sencha"]
