/** A salted PBKDF2 hash (RFC 8018 §5.2) and what it takes to make it again. */
export interface PasswordHash {
  readonly algorithm: "SHA-256" | "SHA-512";
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** Cloudflare's own bound: deployed Workers refuse to do more, though a local workerd does not. */
export const MAX_ITERATIONS = 100_000;
export const MIN_ITERATIONS = 10_000;
const MIN_SALT_BYTES = 16;
const MAX_SALT_BYTES = 64;

const FORM = /^\$pbkdf2-sha(256|512)\$i=([1-9]\d{0,6})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/**
 * Reads a hash as `npm run hash-password` writes it: `$pbkdf2-sha256$i=100000$SALT$HASH`, salt and hash in base64
 * without padding, the hash as long as that of its algorithm.
 * @returns the reason, where it is none or bound to fail
 */
export function parsePasswordHash(text: string): PasswordHash | string {
  const [, bits, iterations, salt, hash] = FORM.exec(text.trim()) ?? [];
  if (bits === undefined) return "it is not of the form $pbkdf2-sha256$i=ITERATIONS$SALT$HASH";
  const parsed = {
    algorithm: `SHA-${bits}` as PasswordHash["algorithm"],
    iterations: Number(iterations),
    salt: decode(salt!),
    hash: decode(hash!),
  };
  if (parsed.iterations < MIN_ITERATIONS || parsed.iterations > MAX_ITERATIONS)
    return `its iterations are not between ${MIN_ITERATIONS} and ${MAX_ITERATIONS}`;
  const { salt: saltBytes, hash: hashBytes } = parsed;
  if (saltBytes === undefined || saltBytes.length < MIN_SALT_BYTES || saltBytes.length > MAX_SALT_BYTES)
    return `its salt is not ${MIN_SALT_BYTES} to ${MAX_SALT_BYTES} bytes in base64`;
  if (hashBytes?.length !== Number(bits) / 8) return `its hash is not ${Number(bits) / 8} bytes in base64`;
  return { ...parsed, salt: saltBytes, hash: hashBytes };
}

/** Writes a hash as {@link parsePasswordHash} reads it. */
export function formatPasswordHash({ algorithm, iterations, salt, hash }: PasswordHash): string {
  return `$pbkdf2-${algorithm.replace("-", "").toLowerCase()}$i=${iterations}$${encode(salt)}$${encode(hash)}`;
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
}

function decode(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
