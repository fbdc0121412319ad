// What tells answers apart: `lang`, the field `x-market` and the caller. Nothing else of the request reaches the
// origin, because others may be given its answer. A route for customers says whether they share its answers.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });
const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /teas": {
          cache: { ttl: "1m", public: true, key: { query: ["lang"], headers: ["x-market"] } },
          forward: { upstream: catalog },
        },
        "GET /favourites": {
          cache: { ttl: "1m", key: { identity: true } },
          forward: { upstream: catalog },
        },
      },
    ),
  ],
});

// $ curl -i 'http://localhost:8787/teas?lang=fr&utm=mail' -H "Authorization: Bearer $ADA" -H 'X-Market: eu' -H 'Cookie: a=b'
//   > GET https://catalog.example/teas?lang=fr
//   > x-market: eu
//   < 200
//   < ["assam"]
// HTTP/1.1 200 OK
// cache-status: isogate; fwd=miss; stored
// content-type: application/json
//
// ["assam"]
//
// # Somebody else, from another campaign: the same answer.
// $ curl -i 'http://localhost:8787/teas?utm=poster&lang=fr' -H "Authorization: Bearer $GRACE" -H 'X-Market: eu'
// HTTP/1.1 200 OK
// age: 0
// cache-status: isogate; hit; ttl=60
// content-type: application/json
//
// ["assam"]
//
// $ curl -i http://localhost:8787/favourites -H "Authorization: Bearer $ADA"
//   > GET https://catalog.example/favourites
//   < 200
//   < ["assam"]
// HTTP/1.1 200 OK
// cache-status: isogate; fwd=miss; stored
// content-type: application/json
//
// ["assam"]
//
// $ curl -i http://localhost:8787/favourites -H "Authorization: Bearer $GRACE"
//   > GET https://catalog.example/favourites
//   < 200
//   < ["sencha"]
// HTTP/1.1 200 OK
// cache-status: isogate; fwd=miss; stored
// content-type: application/json
//
// ["sencha"]
