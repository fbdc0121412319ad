import { derive, passwordBytes } from "./derive.ts";
import type { PasswordHash } from "./password-hash.ts";

/** For how long a password that was right is known again without hashing it, in ms. */
const REMEMBERED_MS = 300_000;

/** A password that was right, as it is known again. */
interface Remembered {
  readonly mac: ArrayBuffer;
  /** Ms since the epoch. */
  readonly until: number;
}

/**
 * Users and the hashes of their passwords. What was right is remembered for five minutes, by a keyed hash whose key
 * nobody but this isolate has, so that a repeated request costs microseconds. What was wrong is not, and neither the
 * answer nor its time tells whether there is such a user: for one there is not, another's password is looked at.
 */
export class PasswordFile {
  readonly #users: ReadonlyMap<string, PasswordHash>;
  readonly #hashes: readonly PasswordHash[];
  readonly #now: () => number;
  readonly #random: (bytes: Uint8Array) => Uint8Array;
  readonly #right = new Map<string, Remembered>();
  #key: CryptoKey | undefined;

  constructor(
    users: ReadonlyMap<string, PasswordHash>,
    now: () => number,
    random: (bytes: Uint8Array) => Uint8Array,
  ) {
    this.#users = users;
    this.#hashes = [...users.values()];
    this.#now = now;
    this.#random = random;
  }

  /** Whether the password is the user's. */
  async holds(name: string, password: string): Promise<boolean> {
    const mac = await this.#macOf(name, password);
    const right = this.#right.get(name);
    if (right !== undefined && this.#now() < right.until && crypto.subtle.timingSafeEqual(mac, right.mac))
      return true;
    const user = this.#users.get(name);
    // Always the same one for a name: the costs of users may differ, and those of one user do not.
    const hash = user ?? this.#hashes[new Uint8Array(mac)[0]! % this.#hashes.length]!;
    const same = crypto.subtle.timingSafeEqual(await derive(password, hash), hash.hash);
    if (!same || user === undefined) return false;
    this.#right.set(name, { mac, until: this.#now() + REMEMBERED_MS });
    return true;
  }

  async #macOf(name: string, password: string): Promise<ArrayBuffer> {
    this.#key ??= await crypto.subtle.importKey(
      "raw",
      this.#random(new Uint8Array(32)),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    // No name holds a colon, so no two pairs are one text.
    const user = new TextEncoder().encode(`${name}:`);
    const secret = passwordBytes(password);
    const pair = new Uint8Array(user.length + secret.length);
    pair.set(user);
    pair.set(secret, user.length);
    return crypto.subtle.sign("HMAC", this.#key, pair);
  }
}
