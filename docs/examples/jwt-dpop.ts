// Tokens that are worth nothing to a thief: each request proves that its sender holds the key which the token names.
import { defineGateway, defineRoutes, jwt, secret } from "isogate";

const issuers = {
  issuer: "https://login.example",
  audience: "shop",
  keys: { url: "https://login.example/keys" },
};
const bound = jwt({ issuers, proofOfPossession: "dpop" });
// With a nonce of the gateway's, so that no proof can have been made long before.
const fresh = jwt({ issuers, proofOfPossession: "dpop", dpopNonceSecret: secret("NONCE_SECRET") });

export const me = defineRoutes(
  {},
  {
    "GET /me": { access: bound, handler: ({ identity }) => ({ id: identity?.id }) },
    "GET /payments": { access: fresh, respond: { json: [] } },
  },
);

export default defineGateway({ routes: [me] });

// $ npm run -s check -- --manifest docs/examples/jwt-dpop.ts
//   1. jwt-dpop.ts  GET /payments → access
//      the secret NONCE_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["NONCE_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/me -H "Authorization: DPoP $BOUND" -H "DPoP: $PROOF"
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"https://login.example#ada"}
//
// $ curl -i http://localhost:8787/me -H "Authorization: DPoP $BOUND" -H "DPoP: $PROOF"
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: DPoP realm="api", algs="…", error="invalid_dpop_proof"
//
// {…,"code":"credential-invalid","detail":"The proof of possession was not accepted",…}
//
// $ curl -i http://localhost:8787/payments -H "Authorization: DPoP $BOUND" -H "DPoP: $PROOF"
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// dpop-nonce: …
// www-authenticate: DPoP realm="api", algs="…", error="use_dpop_nonce", error_description="The proof needs the nonce given"
//
// {…,"code":"credential-invalid","detail":"The proof of possession needs a nonce",…}
