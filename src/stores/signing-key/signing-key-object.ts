import { DurableObject } from "cloudflare:workers";
import { KeptKeyPair } from "./kept-key-pair.ts";

/** The gateway's own signing key. There is one object, so all isolates sign with one key; it never leaves here. */
export class SigningKeyObject extends DurableObject {
  readonly #pair: KeptKeyPair;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#pair = new KeptKeyPair(ctx.storage.kv, () => Date.now());
  }

  /** See `SigningKey.jwks`. */
  jwks(): Promise<{ keys: JsonWebKey[] }> {
    return this.#pair.jwks();
  }

  /** See `SigningKey.sign`. */
  sign(claims: Readonly<Record<string, unknown>>, ttl: number): Promise<string> {
    return this.#pair.sign(claims, ttl);
  }
}
