// Nobody has credit in this example: it is added at `/_gateway/admin/meters/credit`.
import { defineGateway, defineRoutes, jwt, meter, upstream } from "isogate";

const billing = upstream("billing", { origin: "https://billing.example" });
const customer = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "shop",
    keys: { url: "https://login.example/keys" },
  },
});
const to = { upstream: billing, path: "/v1/events", every: "1h" } as const;
const reports = meter({ event: "report", durable: true, prepaid: { reserve: 1 }, to });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /reports": { meter: reports, respond: { text: "reports" } },
        "GET /soon": {
          meter: { event: "soon", prepaid: { reserve: 1 }, mode: "report", to },
          respond: { text: "soon" },
        },
        "GET /_gateway/usage": { usage: { credits: [reports] } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/reports -H "Authorization: Bearer $ADA"
// HTTP/1.1 402 Payment Required
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"credit-used-up",…}
//
// $ curl -i http://localhost:8787/soon -H "Authorization: Bearer $ADA"
//   log {"reported":[{"policy":"meter","code":"credit-used-up","reason":"A request reserves 1 of the caller's credit, of which 0 is left."}]}
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// soon
//
// $ curl -i http://localhost:8787/_gateway/usage -H "Authorization: Bearer $ADA"
// HTTP/1.1 200 OK
// cache-control: no-store
// content-type: application/json
//
// {"credits":[{"balance":0,"reserved":0,"meters":[{"event":"report","reserve":1}]}]}
