// A secret shared with a partner. It never stands in the manifest; where the manifest is deployed with this
// repository's wrangler.toml, the check insists that it is listed there, so that no deployment can forget it.
import { defineGateway, defineRoutes, jwt, secret } from "isogate";

const partner = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "shop",
    keys: { secret: secret("PARTNER_SECRET") },
    algorithms: ["HS256"],
  },
});

export const me = defineRoutes(
  { access: partner },
  { "GET /me": { handler: ({ identity }) => ({ id: identity?.id }) } },
);

export default defineGateway({ routes: [me] });

// $ npm run -s check -- --manifest docs/examples/jwt-secret.ts
//   1. jwt-secret.ts  group → access
//      the secret PARTNER_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["PARTNER_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/me -H "Authorization: Bearer $PARTNER"
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"https://partner.example#acme"}
