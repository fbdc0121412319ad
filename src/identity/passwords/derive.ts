import type { PasswordHash } from "./password-hash.ts";

/** The bytes of a password as they are hashed: composed (RFC 8265 §4.2), so that every keyboard's é is the same. */
export function passwordBytes(password: string): Uint8Array {
  return new TextEncoder().encode(password.normalize("NFC"));
}

/** The hash of a password by the salt and cost of another: some ten milliseconds of CPU, and meant to. */
export async function derive(
  password: string,
  { algorithm, iterations, salt, hash }: PasswordHash,
): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey("raw", passwordBytes(password), "PBKDF2", false, ["deriveBits"]);
  const cost = { name: "PBKDF2", hash: algorithm, salt, iterations };
  return crypto.subtle.deriveBits(cost, key, hash.length * 8);
}

/** Hashes a password with a salt of its own. */
export async function hashPassword(
  password: string,
  cost: Pick<PasswordHash, "algorithm" | "iterations">,
  random: (bytes: Uint8Array) => Uint8Array,
): Promise<PasswordHash> {
  const blank = { ...cost, salt: random(new Uint8Array(16)), hash: new Uint8Array(hashLength(cost)) };
  return { ...blank, hash: new Uint8Array(await derive(password, blank)) };
}

function hashLength({ algorithm }: Pick<PasswordHash, "algorithm">): number {
  return algorithm === "SHA-256" ? 32 : 64;
}
