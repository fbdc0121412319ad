// Callers who sign requests as RFC 9421 has it: one with a key pair, one with a secret that the gateway knows too.
import { defineGateway, defineRoutes, httpSignature, secret } from "isogate";

const signed = httpSignature({
  keys: {
    acme: {
      publicKey: { kty: "OKP", crv: "Ed25519", x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs" },
    },
    umbrella: { secret: secret("SIGNING_SECRET") },
  },
  components: ["@method", "@target-uri"],
  digest: true,
  maxAge: "1m",
  tolerance: "5s",
  nonce: true,
  tag: "shop",
  realm: "partners",
});

export const orders = defineRoutes(
  { access: signed },
  {
    "POST /orders": {
      handler: async ({ identity, json }) => ({ by: identity?.id, order: await json() }),
    },
  },
);

export default defineGateway({ routes: [orders] });

// $ npm run -s check -- --manifest docs/examples/http-signature.ts
//   1. http-signature.ts  group → access
//      the secret SIGNING_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["SIGNING_SECRET"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/orders -H "Signature-Input: $INPUT" -H "Signature: $SIGNATURE" \
//     -H "Content-Digest: $DIGEST" -H 'Content-Type: application/json' -d '{"tea":"assam"}'
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"by":"http-signature:partners#acme","order":{"tea":"assam"}}
//
// # another body under the same signature
// $ curl -i http://localhost:8787/orders -H "Signature-Input: $INPUT" -H "Signature: $SIGNATURE" \
//     -H 'Content-Digest: sha-256=:AAAA:' -H 'Content-Type: application/json' -d '{"tea":"ceylon"}'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Signature realm="partners", components="@method @target-uri"
//
// {…,"code":"credential-invalid",…}
