import type { Algorithm } from "../keys/algorithms.ts";

/** What of a JOSE header a verifier may act on. */
export interface TokenHeader {
  readonly alg: Algorithm;
  readonly kid: string | undefined;
}

/** What an issuer's tokens must look like. */
export interface HeaderRules {
  readonly algorithms: readonly Algorithm[];
  /** Accepted values of `typ`, as {@link mediaType} writes them. */
  readonly types: readonly string[];
  /** Whether a token without `typ` is accepted. */
  readonly untyped: boolean;
}

/**
 * Parameters that change what is verified, or bring the key along. Verifiers have been talked into trusting
 * the token's own key (RFC 8725 §2.11 and 3.10), so a token that tries is refused, not merely left unheeded.
 */
const REFUSED = ["crit", "b64", "zip", "enc", "jwk", "jku", "x5c", "x5u"] as const;

/** Judges a JOSE header (RFC 7515 §4, RFC 8725 §3). @returns the reason where it is refused. */
export function readHeader(
  header: Readonly<Record<string, unknown>>,
  rules: HeaderRules,
): TokenHeader | string {
  for (const name of REFUSED) if (Object.hasOwn(header, name)) return `the header has "${name}"`;
  const alg = rules.algorithms.find((allowed) => allowed === header.alg);
  if (alg === undefined) return "the algorithm is not allowed for the issuer";
  const { kid, typ } = header;
  if (kid !== undefined && typeof kid !== "string") return "the kid is not a string";
  if (typ === undefined ? !rules.untyped : typeof typ !== "string" || !rules.types.includes(mediaType(typ))) {
    return "the token is not of an accepted type";
  }
  return { alg, kid };
}

/** A `typ` as it is compared: case does not count, and `application/` may be left out (RFC 7515 §4.1.9). */
export function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\/(?=[^/]*$)/, "");
}
