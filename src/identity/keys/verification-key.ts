import { base64url, importJWK, type JWK } from "jose";
import { type Algorithm, algorithmsOf, type SecretAlgorithm } from "./algorithms.ts";

/** RFC 7518 §3.3. */
const MIN_RSA_BITS = 2048;
/** Beyond this one verification costs an attacker's target milliseconds. */
const MAX_RSA_BITS = 8192;

/** A key that may verify signatures. One object as long as its set holds the same key. */
export interface VerificationKey {
  readonly kid: string | undefined;
  /** The one algorithm that the JWK itself names. */
  readonly alg: string | undefined;
  /** What its type and curve can serve. */
  readonly fits: readonly Algorithm[];
  /** Equal for equal keys of one set, so that a refresh recognises them. */
  readonly fingerprint: string;
  /** True once the key has left its set: what it proved no longer holds. */
  retired: boolean;
  /** The key for WebCrypto; imported once. @throws when the key's numbers are no valid key. */
  cryptoKey(algorithm: string): CryptoKey | Promise<CryptoKey>;
}

/**
 * Reads one public key of a JWK set (RFC 7517 §4).
 * @returns the reason, where it cannot be used: not for signatures, weak, private, or of an unknown type.
 */
export function parseVerificationKey(jwk: unknown): VerificationKey | string {
  if (typeof jwk !== "object" || jwk === null || Array.isArray(jwk)) return "it is not an object";
  const { kty, crv, kid, alg, use, key_ops: operations, ...rest } = jwk as Record<string, unknown>;
  if (kid !== undefined && typeof kid !== "string") return "its kid is not a string";
  if (use !== undefined && use !== "sig") return "its use is not sig";
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) {
    return "its key_ops do not include verify";
  }
  if ("d" in rest || "k" in rest)
    return "it is a private or secret key, and what everyone can read proves nothing";
  const fits = algorithmsOf(kty, crv);
  if (fits.length === 0) return "its type or curve is not supported";
  if (alg !== undefined && !fits.some((one) => one === alg)) return "its alg does not fit its type";

  const material = publicMaterial({ kty, crv, ...rest });
  if (typeof material === "string") return material;
  return importOnce(
    { kid, alg: alg as string | undefined, fits, fingerprint: JSON.stringify([kid, alg, material]) },
    // Public keys only, so importJWK cannot answer with raw bytes.
    async (algorithm) => (await importJWK(material, algorithm)) as CryptoKey,
  );
}

/** A shared secret as a key. @param secret at least as long as the algorithm's hash; the caller has checked. */
export function secretKey(secret: Uint8Array, algorithm: SecretAlgorithm): VerificationKey {
  return importOnce({ kid: undefined, alg: algorithm, fits: [algorithm], fingerprint: "" }, () =>
    crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: `SHA-${algorithm.slice(2)}` }, false, [
      "verify",
    ]),
  );
}

function importOnce(
  facts: Pick<VerificationKey, "kid" | "alg" | "fits" | "fingerprint">,
  load: (algorithm: string) => Promise<CryptoKey>,
): VerificationKey {
  const imported = new Map<string, CryptoKey>();
  return {
    ...facts,
    retired: false,
    // The value is kept and not the promise, which could die with the request that made it.
    cryptoKey: (algorithm) =>
      imported.get(algorithm) ??
      load(algorithm).then((key) => {
        imported.set(algorithm, key);
        return key;
      }),
  };
}

/** Only the members that make the public key, so that nothing else of a JWK has a say. */
function publicMaterial({ kty, crv, n, e, x, y }: Record<string, unknown>): JWK | string {
  if (kty === "RSA") {
    const bits = bitLength(n);
    if (bits < MIN_RSA_BITS) return `its modulus has fewer than ${MIN_RSA_BITS} bits`;
    if (bits > MAX_RSA_BITS) return `its modulus has more than ${MAX_RSA_BITS} bits`;
    // With an exponent of 1 the message is its own signature.
    if (bitLength(e) < 2) return "its exponent is missing or 1";
    return { kty, n: String(n), e: String(e) };
  }
  if (typeof x !== "string") return "its x is missing";
  if (kty === "OKP") return { kty, crv: String(crv), x };
  if (typeof y !== "string") return "its y is missing";
  return { kty: "EC", crv: String(crv), x, y };
}

/** Bits of a base64url number; 0 where it is none. */
function bitLength(value: unknown): number {
  if (typeof value !== "string") return 0;
  try {
    const bytes = base64url.decode(value);
    const first = bytes.findIndex((byte) => byte !== 0);
    return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first]!) - 24);
  } catch {
    return 0;
  }
}
