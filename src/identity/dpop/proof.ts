import { calculateJwkThumbprint, type JWK } from "jose";
import { isBase64url } from "../jwt/base64url.ts";
import { mediaType } from "../jwt/header.ts";
import { decodeJsonObject } from "../jwt/json-object.ts";
import { prove } from "../jwt/prove.ts";
import { KEY_PAIR_ALGORITHMS, type KeyPairAlgorithm } from "../keys/algorithms.ts";
import { parseVerificationKey, type VerificationKey } from "../keys/verification-key.ts";
import { isTarget } from "./target.ts";

/** Proofs are made for one request, so a few KB hold any honest one. */
const MAX_BYTES = 4_096;
/** How old a proof may be, in ms. */
export const MAX_AGE_MS = 60_000;
/** Ids are random and short; a longer one only fills the store. */
const MAX_ID = 256;
/** As in tokens, but for `jwk`, which a proof must have. */
const REFUSED = ["crit", "b64", "zip", "enc", "jku", "x5c", "x5u"] as const;

/** What a proof is held against. */
export interface ProofTarget {
  readonly method: string;
  /** Absolute, as the request came. */
  readonly url: string;
  /** The hash that `ath` must have. */
  readonly tokenHash: string;
  /** Thumbprint of the key that the token is bound to (`cnf.jkt`, RFC 9449 §6.1). */
  readonly thumbprint: string;
  /** ms since the epoch */
  readonly now: number;
  /** How far the caller's clock may be from ours, in ms. */
  readonly tolerance: number;
}

/** A proof that passed every check of its own; its id and nonce are still to be judged. */
export interface Proof {
  readonly id: string;
  readonly nonce: string | undefined;
  /** Until then somebody might accept it again. Ms since the epoch. */
  readonly until: number;
}

/** Keys of proofs that have held, by the JWK as it was sent: one caller signs every request with one key. */
export type KnownKeys = Map<string, { readonly key: VerificationKey; readonly thumbprint: string }>;
const MOST_KEYS = 500;

/**
 * Judges a DPoP proof (RFC 9449 §4.3): all but whether its `jti` was used and its `nonce` is ours.
 * @returns the reason, where it is refused
 */
export async function judgeProof(
  proof: string,
  target: ProofTarget,
  known: KnownKeys,
): Promise<Proof | string> {
  if (proof.length > MAX_BYTES) return "the proof is too large";
  const [first = "", second = "", third, ...more] = proof.split(".");
  if (!third || more.length > 0 || !isBase64url(third)) return "the proof is not one signed token";
  const header = decodeJsonObject(first);
  const claims = decodeJsonObject(second);
  if (header === undefined || claims === undefined) return "the proof's header or payload is malformed";
  for (const name of REFUSED) if (Object.hasOwn(header, name)) return `the proof's header has "${name}"`;
  if (typeof header.typ !== "string" || mediaType(header.typ) !== "dpop+jwt")
    return "the proof is of another type";
  const algorithm = KEY_PAIR_ALGORITHMS.find((one) => one === header.alg);
  if (algorithm === undefined) return "the proof's algorithm is not allowed";
  const judged = judgeClaims(claims, target);
  if (typeof judged === "string") return judged;
  return (await keyFault(proof, algorithm, header.jwk, target.thumbprint, known)) ?? judged;
}

function judgeClaims(claims: Readonly<Record<string, unknown>>, target: ProofTarget): Proof | string {
  const { jti, htm, htu, iat, ath, nonce } = claims;
  if (typeof jti !== "string" || jti === "" || jti.length > MAX_ID) return "the proof has no usable jti";
  if (htm !== target.method) return "the proof is for another method";
  if (!isTarget(htu, target.url)) return "the proof is for another URL";
  if (typeof iat !== "number" || !Number.isFinite(iat)) return "the proof does not say when it was made";
  const madeAt = iat * 1_000;
  const until = madeAt + MAX_AGE_MS + target.tolerance;
  if (target.now >= until) return "the proof is too old";
  if (madeAt > target.now + target.tolerance) return "the proof was made in the future";
  if (ath !== target.tokenHash) return "the proof is for another token";
  if (nonce !== undefined && typeof nonce !== "string") return "the proof's nonce is not a text";
  return { id: jti, nonce, until };
}

/** Why the proof is not by the key that the token is bound to; undefined where it is. */
async function keyFault(
  proof: string,
  alg: KeyPairAlgorithm,
  jwk: unknown,
  thumbprint: string,
  known: KnownKeys,
): Promise<string | undefined> {
  const text = JSON.stringify(jwk);
  let found = known.get(text);
  if (found === undefined) {
    const key = parseVerificationKey(jwk);
    if (typeof key === "string") return `the proof's key cannot be used: ${key}`;
    found = { key, thumbprint: await calculateJwkThumbprint(jwk as JWK, "sha256") };
  }
  if (found.thumbprint !== thumbprint) return "the proof is by another key than the token's";
  const held = await prove(
    proof,
    { alg, kid: undefined },
    [found.key],
    KEY_PAIR_ALGORITHMS.filter((one) => one === alg),
  );
  if ("fault" in held) return "the proof's signature does not hold";
  if (known.size >= MOST_KEYS) known.clear();
  known.set(text, found);
  return undefined;
}
