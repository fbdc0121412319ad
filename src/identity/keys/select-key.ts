import { type Algorithm, sameAlgorithm } from "./algorithms.ts";
import type { VerificationKey } from "./verification-key.ts";

/** The parts of a JOSE header that name the key. */
export interface KeyHint {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** Why no key was chosen. */
export interface NoKey {
  readonly fault: string;
  /** The set may have been rotated since it was read, so a refresh may help. */
  readonly unknown: boolean;
}

/**
 * Chooses the key of a token. Each key serves one algorithm only (RFC 8725 §3.1): the one that its JWK names,
 * else the first of the issuer's list that its type can serve.
 */
export function selectKey(
  keys: readonly VerificationKey[],
  { alg, kid }: KeyHint,
  allowed: readonly Algorithm[],
): VerificationKey | NoKey {
  const named = kid === undefined ? keys : keys.filter((key) => key.kid === kid);
  if (named.length === 0) return { fault: "no key of the issuer has the token's kid", unknown: true };
  const fitting = named.filter((key) => {
    const own = key.alg ?? allowed.find((algorithm) => key.fits.includes(algorithm));
    return own !== undefined && sameAlgorithm(own, alg);
  });
  const [key, second] = fitting;
  if (key === undefined) {
    return { fault: "the key is not for the token's algorithm", unknown: kid === undefined };
  }
  if (second !== undefined) return { fault: "the token does not say which of several keys", unknown: false };
  return key;
}
