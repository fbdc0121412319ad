import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import type { SigningKey } from "../../upstream/declare.ts";

const ALGORITHM = "ES256";
/** Where the private key is kept, as a JWK. */
const KEY = "private-key";

/** Storage that answers at once. */
export interface KeyStorage {
  get(key: string): unknown;
  put(key: string, value: unknown): void;
}

interface KeyPair {
  readonly privateKey: CryptoKey;
  /** The public half with its `kid`, `alg` and `use`. */
  readonly publicJwk: JWK & { readonly kid: string };
}

/** An ES256 key pair that is generated at first use and kept from then on. Its `kid` is its RFC 7638 thumbprint. */
export class KeptKeyPair implements SigningKey {
  readonly #storage: KeyStorage;
  readonly #now: () => number;
  #pair: Promise<KeyPair> | undefined;

  constructor(storage: KeyStorage, now: () => number) {
    this.#storage = storage;
    this.#now = now;
  }

  async jwks(): Promise<{ keys: JsonWebKey[] }> {
    const { publicJwk } = await this.#ready();
    return { keys: [publicJwk as JsonWebKey] };
  }

  /** @throws RangeError when `ttl` is not a positive whole number of seconds. */
  async sign(claims: Readonly<Record<string, unknown>>, ttl: number): Promise<string> {
    if (!Number.isSafeInteger(ttl) || ttl <= 0) {
      throw new RangeError("the lifetime of a token is a positive whole number of seconds");
    }
    const { privateKey, publicJwk } = await this.#ready();
    const issuedAt = Math.floor(this.#now() / 1_000);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, typ: "at+jwt", kid: publicJwk.kid })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ttl)
      .setJti(crypto.randomUUID())
      .sign(privateKey);
  }

  /** The promise is shared, so that calls that come while the key is being made agree on it. */
  #ready(): Promise<KeyPair> {
    this.#pair ??= this.#load().catch((error: unknown) => {
      this.#pair = undefined;
      throw error;
    });
    return this.#pair;
  }

  async #load(): Promise<KeyPair> {
    let jwk = this.#storage.get(KEY) as JWK | undefined;
    if (jwk === undefined) {
      const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
      jwk = await exportJWK(privateKey);
      this.#storage.put(KEY, jwk);
    }
    const { kty, crv, x, y } = jwk;
    const kid = await calculateJwkThumbprint({ kty: "EC", crv: crv!, x: x!, y: y! });
    return {
      privateKey: (await importJWK({ kty, crv, x, y, d: jwk.d } as JWK, ALGORITHM)) as CryptoKey,
      publicJwk: { kty: "EC", crv, x, y, kid, alg: ALGORITHM, use: "sig" } as KeyPair["publicJwk"],
    };
  }
}
