// What callers of the examples sign with, and their signatures: these depend on the time of the play.
import { createHash, createHmac, createPrivateKey, sign } from "node:crypto";
import type { Command } from "./transcript.ts";

/** Variables of the examples. */
export const SIGNING_VARIABLES = {
  // Of "correct horse", as `npm run hash-password` makes it.
  ADA_PASSWORD: "$pbkdf2-sha256$i=10000$X7pH34EKrfiU+aBI47yFRg$DmaX8MpMu0tayrOJNz/R7Mb3/4fItyv/gn22AmDsxVg",
  SIGNING_SECRET: "what acme and the shop sign requests with",
  SIGNING_SECRET_OLD: "what they have signed requests with before",
  STRIPE_SECRET: "whsec_of_the_shop",
  STRIPE_SECRET_OLD: "whsec_that_the_shop_had",
  BILLING_SECRET: "what billing and the shop share",
} as const;

/** The key of RFC 9421, appendix B.1.4. */
const ED25519 = createPrivateKey({
  key: Buffer.from("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF", "base64"),
  format: "der",
  type: "pkcs8",
});

/** What signers have of their own: the secrets that they share with the gateway, and a key that they do not. */
export const SIGNING_KEYS = {
  SIGNING_SECRET: SIGNING_VARIABLES.SIGNING_SECRET,
  STRIPE_SECRET: SIGNING_VARIABLES.STRIPE_SECRET,
  BILLING_SECRET: SIGNING_VARIABLES.BILLING_SECRET,
  SIGNING_KEY: String(ED25519.export({ type: "pkcs8", format: "pem" })),
};

type Values = Readonly<Record<string, string>>;

/**
 * Signatures of a request by the names that transcripts have for them: `$HMAC`, `$STRIPE`, `$BILLING`, and of RFC 9421
 * `$INPUT`, `$SIGNATURE` and `$DIGEST`. At one time a request has one nonce, so that it can be shown to be a copy.
 * @param now ms since the epoch
 */
export function signaturesOf(command: Command, now: number): Values {
  const timestamp = String(Math.floor(now / 1_000));
  const nonce = createHash("sha256").update(`${now} ${command.target}`).digest("hex").slice(0, 32);
  return {
    HMAC: hmacOf(command, timestamp, nonce),
    STRIPE: stripeOf(command, timestamp),
    BILLING: billingOf(command, timestamp),
    ...httpSignatureOf(command, timestamp, nonce),
  };
}

function hmacOf({ method, target, headers, body = "" }: Command, timestamp: string, nonce: string): string {
  const [path = "", query = ""] = target.split("?");
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const digest = createHash("sha512").update(body).digest("hex");
  const lines = [
    "HMAC-SHA512",
    "acme",
    timestamp,
    nonce,
    method,
    path,
    query,
    `content-type:${type}`,
    digest,
  ];
  const hmac = createHmac("sha512", SIGNING_VARIABLES.SIGNING_SECRET).update(lines.join("\n"));
  return `HMAC key="acme", timestamp="${timestamp}", nonce="${nonce}", signature="${hmac.digest("base64")}"`;
}

function stripeOf({ body = "" }: Command, timestamp: string): string {
  const hmac = createHmac("sha256", SIGNING_VARIABLES.STRIPE_SECRET).update(`${timestamp}.${body}`);
  return `t=${timestamp},v1=${hmac.digest("hex")}`;
}

function billingOf({ headers, body = "" }: Command, timestamp: string): string {
  const id = headers.find(([name]) => name.toLowerCase() === "x-billing-id")?.[1] ?? "";
  const hmac = createHmac("sha512", SIGNING_VARIABLES.BILLING_SECRET);
  return `v1=${hmac.update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

function httpSignatureOf(
  { method, host, target, body = "" }: Command,
  created: string,
  nonce: string,
): Values {
  const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
  const covered = '("@method" "@target-uri" "content-digest")';
  const list = `${covered};created=${created};keyid="acme";nonce="${nonce}";tag="shop"`;
  const base = [
    `"@method": ${method}`,
    `"@target-uri": http://${host}${target}`,
    `"content-digest": ${digest}`,
    `"@signature-params": ${list}`,
  ];
  const signature = sign(null, Buffer.from(base.join("\n")), ED25519).toString("base64");
  return { INPUT: `sig1=${list}`, SIGNATURE: `sig1=:${signature}:`, DIGEST: digest, NOW: created };
}
