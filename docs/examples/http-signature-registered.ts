// Callers who sign, each with a key of a registered consumer's.
import { defineGateway, defineRoutes, httpSignature } from "isogate";

const signed = httpSignature({
  keys: {
    acme: {
      publicKey: { kty: "OKP", crv: "Ed25519", x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs" },
    },
  },
  consumers: { acme: "acme" },
  registered: { staleness: "10s" },
  tag: "shop",
});

export const orders = defineRoutes(
  { access: signed },
  {
    "POST /orders": {
      handler: ({ identity }) => ({ by: identity?.consumer, plan: identity?.plan }),
    },
  },
);

export default defineGateway({ routes: [orders] });

// $ curl -i http://localhost:8787/orders -H "Signature-Input: $INPUT" -H "Signature: $SIGNATURE" \
//     -H "Content-Digest: $DIGEST" -H 'Content-Type: application/json' -d '{"tea":"assam"}'
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"by":"acme","plan":"gold"}
