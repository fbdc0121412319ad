// A customer sees how much of the quota is used: of its own and nobody else's. Asking costs nothing.
import { defineGateway, defineRoutes, jwt, quota } from "isogate";

const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});
const weekly = quota({ name: "weekly-teas", limit: 100, period: "week", timeZone: "Asia/Tokyo" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /teas": { quota: weekly, respond: { json: ["assam"] } },
        "GET /_gateway/usage": { usage: { quotas: [weekly] } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas -H "Authorization: Bearer $ADA"
// HTTP/1.1 200 OK
// content-type: application/json
// ratelimit-policy: "weekly-teas";q=100;w=604800
// ratelimit: "weekly-teas";r=99;t=…
//
// ["assam"]
//
// $ curl -i http://localhost:8787/_gateway/usage -H "Authorization: Bearer $ADA"
// HTTP/1.1 200 OK
// cache-control: no-store
// content-type: application/json
//
// {"quotas":[{"name":"weekly-teas","period":{…,"timeZone":"Asia/Tokyo"},"limit":100,"used":1,"remaining":99}]}
