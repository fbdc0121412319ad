import type { SigningKey } from "../../upstream/declare.ts";
import type { KeyRing } from "./key-ring.ts";

/** The part of the Durable Object namespace of `SigningKeyObject` that is used. */
export interface SigningKeyNamespace {
  getByName(name: string): Pick<KeyRing, "jwks" | "sign">;
}

/**
 * What keys are for: each purpose has keys of its own, so that nothing signed for one is good for another.
 * `gateway`: what apps in the Worker sign, access tokens (RFC 9068). `identity`: who calls, for origins.
 */
const TYPES = { gateway: "at+jwt", identity: "JWT" } as const;

/** Keys of the gateway's own. A stub belongs to one request, so each call gets its own. */
export function createSigningKey(namespace: SigningKeyNamespace, purpose: keyof typeof TYPES): SigningKey {
  const type = TYPES[purpose];
  return {
    jwks: () => namespace.getByName(purpose).jwks(),
    sign: (claims, ttl) => namespace.getByName(purpose).sign(claims, ttl, type),
  };
}
