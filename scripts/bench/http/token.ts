import { generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import { AUDIENCE, ISSUER, SUBJECT } from "./workers/claims.ts";

const LIFETIME_SECONDS = 24 * 3600;
const KEY_ID = "bench-1";

/** A token for the benchmark's caller, and the key that proves it. */
export interface IssuedToken {
  readonly token: string;
  /** The issuer's public key. */
  readonly jwk: JsonWebKey;
}

/** Makes a key pair of its own for this run (ES256, RFC 7518 §3.4) and signs one token with it. */
export function issueToken(): IssuedToken {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub: SUBJECT,
    aud: AUDIENCE,
    iat,
    nbf: iat,
    exp: iat + LIFETIME_SECONDS,
    scope: "orders:read profile",
  };
  const signed = `${encode({ alg: "ES256", typ: "JWT", kid: KEY_ID })}.${encode(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return {
    token: `${signed}.${signature.toString("base64url")}`,
    jwk: { ...publicKey.export({ format: "jwk" }), kid: KEY_ID, alg: "ES256", use: "sig" },
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
