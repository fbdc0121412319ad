// Fields that the catalog needs, and fields that clients should not see.
import { defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas/:id": {
          headers: {
            request: { remove: ["user-agent"], set: { "x-tea": "{params.id}", "x-shop": "london" } },
            response: { remove: ["server"], set: { "x-request": "{request.path}" } },
          },
          forward: { upstream: catalog },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas/assam -H 'User-Agent: curl/8.10'
//   > GET https://catalog.example/teas/assam
//   > x-shop: london
//   > x-tea: assam
//   < 200
//   < server: teapot/1.2
// HTTP/1.1 200 OK
// x-request: /teas/assam
