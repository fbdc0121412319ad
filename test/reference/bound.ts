// Tokens of the examples that are bound to a key, the proofs that go with them, and encrypted ones.
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { CompactEncrypt } from "jose";
import type { Command } from "./transcript.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
const jwk = { crv, kty, x, y };

/** What a token holds that is bound to the examples' key: its thumbprint (RFC 7638). */
export const BOUND_TO = { jkt: createHash("sha256").update(JSON.stringify(jwk)).digest("base64url") };

/** The private half of that key, as its holder has it. */
export const BOUND_KEY = JSON.stringify(privateKey.export({ format: "jwk" }));

const SECRET = "the examples' 256 bits for AES..";

/** Variables of the examples: among them the key that encrypted tokens are for. */
export const BOUND_VARIABLES = {
  DECRYPTION_KEY: JSON.stringify({ kty: "oct", k: Buffer.from(SECRET).toString("base64url") }),
  CLIENT_SECRET: "what the gateway and its login share",
  NONCE_SECRET: "what only the gateway knows, and nonces come of",
};

/** The token, encrypted. */
export function sealed(token: string): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(token))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", cty: "JWT" })
    .encrypt(Buffer.from(SECRET));
}

/** `$PROOF`: that whoever sends the command holds the key (RFC 9449 §4.2). At one time a request has one. @param now ms */
export function proofOf({ method, host, target }: Command, token: string, now: number): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    htm: method,
    htu: `http://${host}${target.split("?", 1)[0]}`,
    iat: Math.floor(now / 1_000),
    jti: createHash("sha256").update(`${now} ${target}`).digest("hex"),
    ath: createHash("sha256").update(token).digest("base64url"),
  };
  const input = `${part({ typ: "dpop+jwt", alg: "ES256", jwk })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}
