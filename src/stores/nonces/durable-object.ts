import { within } from "../counters/time-bound.ts";
import type { NonceStore } from "./nonce-store.ts";

/** What the store needs of the namespace of `NoncesObject`: `ctx.exports.NoncesObject`. */
export interface NoncesNamespace {
  getByName(name: string): { use(key: ArrayBuffer, until: number): Promise<boolean> };
}

/**
 * The first use of an object's name is checked round the world, so names must not be as many as keys; one object
 * serves some 1,000 calls a second, so there must be several. A power of two, no more than a byte tells apart.
 */
const OBJECTS = 64;

/**
 * Keys in Durable Objects: exact over the globe. An object is told a key's SHA-256 and never the key, so that keys
 * may be long and hold what is nobody's business.
 * @param timeoutMs after this a call rejects
 */
export function createDurableObjectNonces(
  namespace: NoncesNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): NonceStore {
  return {
    async use(key, until) {
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
      const object = new Uint8Array(digest)[0]! % OBJECTS;
      // A stub that has failed stays broken, so each call makes its own.
      return within(timeoutMs, namespace.getByName(`nonces-${object}`).use(digest, until), "nonces");
    },
  };
}
