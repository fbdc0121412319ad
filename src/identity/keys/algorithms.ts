/** Signature algorithms with a public key (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). Never `none`. */
export const KEY_PAIR_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

/** Algorithms with a shared secret (RFC 7518 §3.2). */
export const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"] as const;

export type KeyPairAlgorithm = (typeof KEY_PAIR_ALGORITHMS)[number];
export type SecretAlgorithm = (typeof SECRET_ALGORITHMS)[number];
export type Algorithm = KeyPairAlgorithm | SecretAlgorithm;

const RSA = KEY_PAIR_ALGORITHMS.slice(0, 6);

/** Algorithms that a public key of this type and curve can serve; empty where it can serve none. */
export function algorithmsOf(kty: unknown, crv: unknown): readonly KeyPairAlgorithm[] {
  if (kty === "RSA") return RSA;
  if (kty === "EC" && crv === "P-256") return ["ES256"];
  if (kty === "EC" && crv === "P-384") return ["ES384"];
  if (kty === "EC" && crv === "P-521") return ["ES512"];
  if (kty === "OKP" && crv === "Ed25519") return ["EdDSA", "Ed25519"];
  return [];
}

/** Whether two names mean one algorithm: RFC 9864 gave EdDSA over Ed25519 a name of its own. */
export function sameAlgorithm(a: string, b: string): boolean {
  return a === b || (a === "EdDSA" && b === "Ed25519") || (a === "Ed25519" && b === "EdDSA");
}

/** Bytes of the hash behind an HMAC algorithm: the least a secret may have (RFC 7518 §3.2). */
export function hashBytes(algorithm: SecretAlgorithm): number {
  return Number(algorithm.slice(2)) / 8;
}
