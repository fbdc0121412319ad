import { DurableObject } from "cloudflare:workers";
import { KeyRing } from "./key-ring.ts";

/** Signing keys of the gateway. All isolates ask one object for one purpose; private keys never leave it. */
export class SigningKeyObject extends DurableObject {
  readonly #ring: KeyRing;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#ring = new KeyRing(ctx.storage.kv, () => Date.now());
  }

  /** See `SigningKey.jwks`. */
  jwks(): Promise<{ keys: JsonWebKey[] }> {
    return this.#ring.jwks();
  }

  /** See `KeyRing.sign`. */
  sign(claims: Readonly<Record<string, unknown>>, ttl: number, type: string): Promise<string> {
    return this.#ring.sign(claims, ttl, type);
  }
}
