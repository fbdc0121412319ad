// Two wrong tokens a minute from one address, and no more of its requests are looked at. Good ones are not counted.
import { defineGateway, defineRoutes, jwt } from "isogate";

const customer = jwt({
  issuers: { issuer: "https://login.example", audience: "shop", keys: { url: "https://login.example/keys" } },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: customer },
      {
        "GET /orders": {
          rateLimit: { limit: 2, window: "1m", on: "authFailure", by: ["address"] },
          respond: { json: [] },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ADA"
// HTTP/1.1 200 OK
// content-type: application/json
//
// []
//
// $ curl -i http://localhost:8787/orders -H 'Authorization: Bearer guess1'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "2-per-1m";q=2;w=60
// ratelimit: "2-per-1m";r=1;t=61
// www-authenticate: Bearer realm="api", error="invalid_token", error_description="The token was not accepted"
//
// {…,"code":"credential-invalid","detail":"The token was not accepted",…}
//
// $ curl -i http://localhost:8787/orders -H 'Authorization: Bearer guess2'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "2-per-1m";q=2;w=60
// ratelimit: "2-per-1m";r=0;t=61
// www-authenticate: Bearer realm="api", error="invalid_token", error_description="The token was not accepted"
//
// {…,"code":"credential-invalid","detail":"The token was not accepted",…}
//
// $ curl -i http://localhost:8787/orders -H 'Authorization: Bearer guess3'
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "2-per-1m";q=2;w=60
// ratelimit: "2-per-1m";r=0;t=61
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 2 failed authentications per 1m are allowed.",…}
//
// $ curl -i http://localhost:8787/orders -H "Authorization: Bearer $ADA"
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "2-per-1m";q=2;w=60
// ratelimit: "2-per-1m";r=0;t=61
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 2 failed authentications per 1m are allowed.",…}
