// The access-log line waits for the end of the body, and counts it.
import { defineGateway, defineRoutes, upstream } from "isogate";

const files = upstream("files", { origin: "https://files.example" });

export default defineGateway({
  routes: [
    defineRoutes({ access: "public" }, { "GET /files/*": { watchBody: true, forward: { upstream: files } } }),
  ],
});

// $ curl -i http://localhost:8787/files/menu.txt
//   > GET https://files.example/files/menu.txt
//   < 200
//   < content-type: text/plain
//   < assam, sencha
//   log {"bytes":13,"status":200}
// HTTP/1.1 200 OK
// content-type: text/plain
//
// assam, sencha
