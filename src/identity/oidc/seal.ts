import { base64url } from "jose";
import { isBase64url } from "../jwt/base64url.ts";

const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** In bytes of UTF-8: what HKDF is given must hold as much as the key that comes of it. */
export const SECRET_BYTES = 32;

/**
 * Seals texts for their way through a browser and back: AES-256-GCM, each under a key of its own that HKDF-SHA-256
 * derives from the secret and a random salt, so that no number of cookies wears a key out. What is sealed for one
 * purpose does not open for another.
 */
export class Seal {
  readonly #secrets: ReadonlyArray<Promise<CryptoKey>>;
  readonly #owner: string;
  readonly #random: (bytes: Uint8Array) => Uint8Array;

  /**
   * @param secrets the first seals, all open: of {@link SECRET_BYTES} at least
   * @param owner whose texts these are: what one has sealed opens for no other, though they have the same secret
   */
  constructor(secrets: readonly string[], owner: string, random: (bytes: Uint8Array) => Uint8Array) {
    this.#secrets = secrets.map((secret) =>
      crypto.subtle.importKey("raw", new TextEncoder().encode(secret), "HKDF", false, [
        "deriveKey",
        "deriveBits",
      ]),
    );
    this.#owner = owner;
    this.#random = random;
  }

  /** Salt, nonce, ciphertext and tag, as base64url. */
  async seal(text: string, purpose: string): Promise<string> {
    const head = this.#random(new Uint8Array(SALT_BYTES + IV_BYTES));
    const key = await keyOf(this.#secrets[0]!, head.subarray(0, SALT_BYTES), this.#info(purpose));
    const body = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv: head.subarray(SALT_BYTES) },
      key,
      new TextEncoder().encode(text),
    );
    const whole = new Uint8Array(head.byteLength + body.byteLength);
    whole.set(head);
    whole.set(new Uint8Array(body), head.byteLength);
    return base64url.encode(whole);
  }

  /** The text; undefined for whatever was not sealed with one of the secrets for this purpose. */
  async open(sealed: string, purpose: string): Promise<string | undefined> {
    if (!isBase64url(sealed)) return undefined;
    const whole = base64url.decode(sealed);
    if (whole.byteLength < SALT_BYTES + IV_BYTES + TAG_BYTES) return undefined;
    const salt = whole.subarray(0, SALT_BYTES);
    const iv = whole.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
    for (const secret of this.#secrets) {
      const key = await keyOf(secret, salt, this.#info(purpose));
      const text = await crypto.subtle
        .decrypt({ name: "AES-GCM", iv }, key, whole.subarray(SALT_BYTES + IV_BYTES))
        .then((bytes) => new TextDecoder().decode(bytes))
        .catch(() => undefined);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** A token that only who holds a secret can make for this text: one for each secret, the newest first. */
  tokens(text: string, purpose: string): Promise<string[]> {
    const salt = new TextEncoder().encode(text);
    return Promise.all(
      this.#secrets.map(async (secret) => {
        const bits = await crypto.subtle.deriveBits(hkdf(salt, this.#info(purpose)), await secret, 256);
        return base64url.encode(new Uint8Array(bits));
      }),
    );
  }

  /** No two pairs make one text: the last part has no line break. */
  #info(purpose: string): string {
    return `isogate ${this.#owner}\n${purpose}`;
  }
}

async function keyOf(secret: Promise<CryptoKey>, salt: Uint8Array, info: string): Promise<CryptoKey> {
  return crypto.subtle.deriveKey(hkdf(salt, info), await secret, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}

function hkdf(salt: Uint8Array, info: string) {
  return { name: "HKDF", hash: "SHA-256", salt, info: new TextEncoder().encode(info) };
}
