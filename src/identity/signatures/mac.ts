/** Hashes that message authentication codes are made with, by the names that manifests have for them. */
export const MAC_HASHES = { sha256: "SHA-256", sha512: "SHA-512" } as const;

/** A hash by its name in a manifest. */
export type MacHash = keyof typeof MAC_HASHES;

/** Makes message authentication codes with one secret (HMAC, RFC 2104). */
export class Mac {
  readonly #secret: Uint8Array;
  readonly #hash: string;
  #key: CryptoKey | undefined;

  constructor(secret: Uint8Array, hash: MacHash) {
    this.#secret = secret;
    this.#hash = MAC_HASHES[hash];
  }

  /** The code of a message. */
  async of(message: Uint8Array): Promise<ArrayBuffer> {
    // The value is kept and not the promise, which could die with the request that made it.
    this.#key ??= await crypto.subtle.importKey(
      "raw",
      this.#secret,
      { name: "HMAC", hash: this.#hash },
      false,
      ["sign"],
    );
    return crypto.subtle.sign("HMAC", this.#key, message);
  }
}

/** The codes of a message by each of several secrets, of which one was replaced by the next. */
export function macsOf(macs: readonly Mac[], message: Uint8Array): Promise<ArrayBuffer[]> {
  return Promise.all(macs.map((mac) => mac.of(message)));
}

/** Whether one of the codes was given. All are compared, in constant time: only their length is no secret. */
export function anySame(given: readonly Uint8Array[], codes: readonly ArrayBuffer[]): boolean {
  let same = false;
  for (const one of given) {
    for (const code of codes) {
      if (one.byteLength === code.byteLength && crypto.subtle.timingSafeEqual(one, code)) same = true;
    }
  }
  return same;
}
