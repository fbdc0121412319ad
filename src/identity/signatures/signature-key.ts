import type { Algorithm } from "../keys/algorithms.ts";
import { parseVerificationKey, type VerificationKey } from "../keys/verification-key.ts";
import { anySame, Mac } from "./mac.ts";

/** A key that HTTP signatures may be made with. Each serves one algorithm only. */
export interface SignatureKey {
  /** Its name in the registry of RFC 9421 §6.2. */
  readonly algorithm: string;
  holds(signature: Uint8Array, base: Uint8Array): Promise<boolean>;
}

interface Scheme {
  readonly algorithm: string;
  /** The name that JOSE has for it. */
  readonly jose: Algorithm;
  readonly verify: Parameters<typeof crypto.subtle.verify>[0];
}

/** RFC 9421 §3.3.1, §3.3.4 and §3.3.6. The salt is as long as the hash. */
const SCHEMES: readonly Scheme[] = [
  { algorithm: "ed25519", jose: "Ed25519", verify: "Ed25519" },
  { algorithm: "ecdsa-p256-sha256", jose: "ES256", verify: { name: "ECDSA", hash: "SHA-256" } },
  { algorithm: "rsa-pss-sha512", jose: "PS512", verify: { name: "RSA-PSS", saltLength: 64 } },
];

/** Reads a public key in JWK form. @returns the reason, where it cannot be used */
export function publicKey(jwk: unknown): SignatureKey | string {
  const key = parseVerificationKey(jwk);
  if (typeof key === "string") return key;
  const scheme = SCHEMES.find(({ jose }) => key.fits.includes(jose));
  if (scheme === undefined) return "no HTTP signature is made with its type or curve here";
  // A key that is named for one algorithm must not serve another (RFC 9421 §3.2).
  const named = key.alg === "EdDSA" ? "Ed25519" : key.alg;
  if (named !== undefined && named !== scheme.jose) return `its alg is not ${scheme.jose}`;
  return { algorithm: scheme.algorithm, holds: (...args) => holds(key, scheme, ...args) };
}

async function holds(
  key: VerificationKey,
  { jose, verify }: Scheme,
  signature: Uint8Array,
  base: Uint8Array,
): Promise<boolean> {
  try {
    return await crypto.subtle.verify(verify, await key.cryptoKey(jose), signature, base);
  } catch {
    // Numbers that are no key, or bytes that are no signature.
    return false;
  }
}

/** A shared secret (RFC 9421 §3.3.3). */
export function sharedKey(secret: Uint8Array): SignatureKey {
  const mac = new Mac(secret, "sha256");
  return {
    algorithm: "hmac-sha256",
    holds: async (signature, base) => anySame([signature], [await mac.of(base)]),
  };
}
