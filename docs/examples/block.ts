// Lists are named here and edited while the gateway runs, at `/_gateway/admin/blocks`. Nobody stands on any of them in
// this example: so `deny` refuses nobody, and `allow` everybody.
import { defineGateway, defineRoutes } from "isogate";

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas": {
          block: {
            deny: ["abuse", "bans"],
            ban: { failures: 10, window: "10m", for: "1h", list: "bans" },
            onStoreFailure: "allow",
          },
          respond: { text: "teas" },
        },
        "GET /reports": { block: { allow: ["office"] }, respond: { text: "reports" } },
        "GET /soon": { block: { allow: ["office"], mode: "report" }, respond: { text: "soon" } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// teas
//
// $ curl -i http://localhost:8787/reports
//   log {"code":"blocked","cause":"on none of the lists office"}
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"blocked",…}
//
// $ curl -i http://localhost:8787/soon
//   log {"reported":[{"policy":"block","code":"blocked"}]}
// HTTP/1.1 200 OK
// content-type: text/plain; charset=utf-8
//
// soon
