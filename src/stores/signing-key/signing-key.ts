import type { SigningKey } from "../../upstream/declare.ts";

/** Every isolate asks the object of this name. */
const NAME = "gateway";

/** The part of the Durable Object namespace of `SigningKeyObject` that is used. */
export interface SigningKeyNamespace {
  getByName(name: string): SigningKey;
}

/** The gateway's own signing key. A stub belongs to one request, so each call gets its own. */
export function createSigningKey(namespace: SigningKeyNamespace): SigningKey {
  return {
    jwks: () => namespace.getByName(NAME).jwks(),
    sign: (claims, ttl) => namespace.getByName(NAME).sign(claims, ttl),
  };
}
