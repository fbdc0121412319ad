// Several issuers. Keys may be behind an upstream, or written down.
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const login = upstream("login", { origin: "https://login.example" });
const anyone = jwt({
  issuers: [
    { issuer: "https://login.example", audience: "shop", keys: { upstream: login, path: "/keys" } },
    {
      issuer: "https://partner.example",
      audience: "shop",
      keys: {
        keys: [
          {
            kty: "EC",
            crv: "P-256",
            kid: "partner-1",
            x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
          },
        ],
      },
    },
  ],
});

export default defineGateway({
  routes: [
    defineRoutes({ access: anyone }, { "GET /me": { handler: ({ identity }) => ({ id: identity?.id }) } }),
  ],
});

// $ curl -i http://localhost:8787/me -H "Authorization: Bearer $ADA"
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"https://login.example#ada"}
