// A customer sees how much of the quota is used, and what credit is left: its own and nobody else's. Asking costs nothing.
import { defineGateway, defineRoutes, jwt, meter, quota, upstream } from "isogate";

const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});
const weekly = quota({ name: "weekly-teas", limit: 100, period: "week", timeZone: "Asia/Tokyo" });
const billing = upstream("billing", { origin: "https://billing.example" });
const blends = meter({
  event: "blend",
  prepaid: { reserve: 1 },
  to: { upstream: billing, path: "/v1/events", every: "1h" },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /teas": { quota: weekly, respond: { json: ["assam"] } },
        "GET /blends": { meter: blends, respond: { json: ["breakfast"] } },
        "GET /_gateway/usage": { usage: { quotas: [weekly], credits: [blends] } },
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
// {"quotas":[{"name":"weekly-teas","period":{…,"timeZone":"Asia/Tokyo"},"limit":100,"used":1,"remaining":99}],"credits":[{"balance":0,"reserved":0,"meters":[{"event":"blend","reserve":1}]}]}
