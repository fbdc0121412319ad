// An origin that is not there: it answers what `npm run record` has written down, and says so where it has nothing.
import { defineGateway, defineRoutes, recorded, upstream } from "isogate";
import recording from "./recordings/catalog.json" with { type: "json" };

export const catalog = upstream("catalog", { origin: recorded(recording) });

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "GET /teas/:id": { forward: { upstream: catalog } } })],
});

// $ curl -i http://localhost:8787/teas/assam
// HTTP/1.1 200 OK
// content-type: application/json
// etag: "a1"
//
// {"id":"assam","cents":900}
//
// $ curl -i http://localhost:8787/teas/sencha
// HTTP/1.1 502 Bad Gateway
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"not-recorded","detail":"The recording of https://catalog.example has no GET /teas/sencha.",…}
