import { parseDictionary } from "../../http/structured-field-parser.ts";

/** Hashes that a digest may rest on (RFC 9530 §5); others may stand beside them. */
const HASHES: ReadonlyArray<readonly [name: string, algorithm: string]> = [
  ["sha-256", "SHA-256"],
  ["sha-512", "SHA-512"],
];

/**
 * Whether a `Content-Digest` (RFC 9530 §2) is that of the body: every digest in it that is known, and at least one.
 * @returns the reason, where it is not
 */
export async function contentDigestFault(field: string, body: Uint8Array): Promise<string | undefined> {
  const digests = parseDictionary(field);
  if (digests === undefined) return "the content-digest is malformed";
  let known = 0;
  for (const [name, algorithm] of HASHES) {
    const digest = digests.get(name);
    if (digest === undefined) continue;
    known++;
    const bytes = "value" in digest ? digest.value : undefined;
    if (!(bytes instanceof Uint8Array)) return "the content-digest is malformed";
    const actual = await crypto.subtle.digest(algorithm, body);
    if (bytes.byteLength !== actual.byteLength || !crypto.subtle.timingSafeEqual(bytes, actual))
      return "the content-digest is not that of the body";
  }
  return known > 0 ? undefined : "the content-digest has neither sha-256 nor sha-512";
}
