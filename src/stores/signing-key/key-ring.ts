import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { isNeeded, type KeptKey, nextKeyFrom, signingKeyAt } from "./rotation.ts";

const ALGORITHM = "ES256";
const KEYS = "keys";
/** In ms. What a key must last for is noted this far ahead, so that few tokens write. */
const AHEAD_MS = 3_600_000;

/** Storage that answers at once. */
export interface KeyStorage {
  get(key: string): unknown;
  put(key: string, value: unknown): void;
}

/**
 * ES256 keys of which one signs. The first is generated at first use; a month later another takes its place, which has
 * been published for a day by then, and the old one stays published until its last token has ended. A `kid` is the
 * key's RFC 7638 thumbprint.
 */
export class KeyRing {
  readonly #storage: KeyStorage;
  readonly #now: () => number;
  #keys: readonly KeptKey[] | undefined;
  #making: Promise<void> | undefined;
  readonly #imported = new Map<string, Promise<CryptoKey>>();

  constructor(storage: KeyStorage, now: () => number) {
    this.#storage = storage;
    this.#now = now;
  }

  /** See `SigningKey.jwks`. */
  async jwks(): Promise<{ keys: JsonWebKey[] }> {
    const keys = await this.#ready();
    return { keys: keys.map(({ jwk }) => publicHalf(jwk)) };
  }

  /**
   * See `SigningKey.sign`.
   * @param type the header's `typ`
   * @throws RangeError when `ttl` is not a positive whole number of seconds.
   */
  async sign(claims: Readonly<Record<string, unknown>>, ttl: number, type: string): Promise<string> {
    if (!Number.isSafeInteger(ttl) || ttl <= 0) {
      throw new RangeError("the lifetime of a token is a positive whole number of seconds");
    }
    const key = signingKeyAt(await this.#ready(), this.#now())!;
    const issuedAt = Math.floor(this.#now() / 1_000);
    this.#outlast(key, (issuedAt + ttl) * 1_000);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, typ: type, kid: key.jwk.kid })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ttl)
      .setJti(crypto.randomUUID())
      .sign(await this.#import(key));
  }

  /** The keys that are needed now, the next one made where it is time. */
  async #ready(): Promise<readonly KeptKey[]> {
    const now = this.#now();
    const from = nextKeyFrom(this.#kept(), now);
    if (from !== undefined) await this.#make(from);
    const keys = this.#kept();
    const needed = keys.filter((key) => isNeeded(key, keys, now));
    if (needed.length < keys.length) this.#keep(needed);
    return needed;
  }

  /** Calls that come while a key is being made agree on it. */
  #make(signsFrom: number): Promise<void> {
    this.#making ??= newKey(signsFrom)
      .then((key) => this.#keep([...this.#kept(), key]))
      .finally(() => {
        this.#making = undefined;
      });
    return this.#making;
  }

  /** Notes how long a key must be known for. */
  #outlast({ jwk }: KeptKey, until: number): void {
    const keys = this.#kept();
    const key = keys.find((each) => each.jwk.kid === jwk.kid);
    if (key === undefined || until <= key.lastsUntil) return;
    this.#keep(keys.map((each) => (each === key ? { ...key, lastsUntil: until + AHEAD_MS } : each)));
  }

  #kept(): readonly KeptKey[] {
    this.#keys ??= (this.#storage.get(KEYS) ?? []) as readonly KeptKey[];
    return this.#keys;
  }

  #keep(keys: readonly KeptKey[]): void {
    this.#storage.put(KEYS, keys);
    this.#keys = keys;
  }

  #import({ jwk }: KeptKey): Promise<CryptoKey> {
    let key = this.#imported.get(jwk.kid);
    if (key === undefined) {
      key = importJWK(jwk as JWK, ALGORITHM) as Promise<CryptoKey>;
      this.#imported.set(jwk.kid, key);
    }
    return key;
  }
}

async function newKey(signsFrom: number): Promise<KeptKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { jwk: { ...jwk, kid } as KeptKey["jwk"], signsFrom, lastsUntil: signsFrom };
}

function publicHalf({ kty, crv, x, y, kid }: KeptKey["jwk"] & JWK): JsonWebKey {
  return { kty, crv, x, y, kid, alg: ALGORITHM, use: "sig" } as JsonWebKey;
}
