// Requests signed for AWS. Only fields that are named here may ask for something in the gateway's name.
import { defineGateway, defineRoutes, secret, upstream } from "isogate";

const orders = upstream("orders", {
  origin: "https://dynamodb.eu-central-1.amazonaws.com",
  credential: {
    awsSignature: {
      service: "dynamodb",
      region: "eu-central-1",
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: secret("AWS_SECRET"),
      sessionToken: secret("VENDOR_KEY"),
      payload: "signed",
      maxBody: "100KB",
      passFields: ["X-Amz-Target"],
    },
  },
});

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "POST /": { forward: { upstream: orders } } })],
});

// $ npm run -s check -- --manifest docs/examples/upstream-aws-signature.ts
//   1. upstream-aws-signature.ts  upstream "orders" → credential.awsSignature
//      the secret AWS_SECRET is not listed in wrangler.toml
//      Add it to [secrets]: required = ["AWS_SECRET"]
//   2. upstream-aws-signature.ts  upstream "orders" → credential.awsSignature
//      the secret VENDOR_KEY is not listed in wrangler.toml
//      Add it to [secrets]: required = ["VENDOR_KEY"]
//
// 2 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/ -d '{}' -H 'X-Amz-Target: DynamoDB_20120810.ListTables' -H 'X-Amz-Acl: public-read'
//   > POST https://dynamodb.eu-central-1.amazonaws.com/
//   > authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/…/eu-central-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target, Signature=…
//   > x-amz-content-sha256: 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
//   > x-amz-date: …T000000Z
//   > x-amz-security-token: k3y-of-the-vendor
//   > x-amz-target: DynamoDB_20120810.ListTables
//   > {}
//   < 200
// HTTP/1.1 200 OK
