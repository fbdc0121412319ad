import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { SECONDS } from "../support.ts";

/** Where the tests' requests go. */
export const URL = "https://gateway.example/orders";

/** A caller with a key to bind tokens to. */
export interface Holder {
  readonly jwk: JWK;
  /** What a token bound to the key has as `cnf.jkt`. */
  readonly thumbprint: string;
  /** A proof for {@link URL}. Undefined members are left out. */
  proof(token: string, claims?: object, header?: object): Promise<string>;
}

/** Makes a caller. */
export async function holder(alg = "ES256"): Promise<Holder> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return {
    jwk,
    thumbprint: await calculateJwkThumbprint(jwk),
    async proof(token, claims = {}, header = {}) {
      const good = { htm: "GET", htu: URL, iat: SECONDS, jti: crypto.randomUUID(), ath: await hash(token) };
      return new SignJWT({ ...good, ...claims })
        .setProtectedHeader(JSON.parse(JSON.stringify({ alg, typ: "dpop+jwt", jwk, ...header })))
        .sign(privateKey);
    },
  };
}

/** The hash of a token as proofs hold it. */
export async function hash(token: string): Promise<string> {
  return base64url.encode(
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))),
  );
}
