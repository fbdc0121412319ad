import { parseVerificationKey, type VerificationKey } from "./verification-key.ts";

/** A set has a few keys; one with more is a mistake or an attack on memory. */
const MAX_KEYS = 100;

/** The keys of a JWK set and why the others were left out (RFC 7517 §5: what is not understood is ignored). */
export interface ParsedKeySet {
  readonly keys: readonly VerificationKey[];
  /** One line for each key that cannot be used. */
  readonly skipped: readonly string[];
}

/** Reads a JWK set. @returns the reason, where it is none. */
export function parseKeySet(document: unknown): ParsedKeySet | string {
  if (
    typeof document !== "object" ||
    document === null ||
    !("keys" in document) ||
    !Array.isArray(document.keys)
  ) {
    return "it is not a JWK set: an object with a list of keys";
  }
  if (document.keys.length > MAX_KEYS) return `it has more than ${MAX_KEYS} keys`;
  const keys: VerificationKey[] = [];
  const skipped: string[] = [];
  for (const [index, jwk] of document.keys.entries()) {
    const key = parseVerificationKey(jwk);
    if (typeof key === "string") skipped.push(`key ${index}: ${key}`);
    else keys.push(key);
  }
  return { keys, skipped };
}
