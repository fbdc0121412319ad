import { within } from "../counters/time-bound.ts";
import type { Ask, Grant, PermitStore } from "./permit-store.ts";

/** What the store needs of the namespace of `PermitsObject`: `ctx.exports.PermitsObject`. */
export interface PermitsNamespace {
  getByName(name: string): { settle(ask: Ask): Promise<Grant> };
}

/**
 * Permits in Durable Objects, one a key: it lives where it was first asked for, and nobody else's keys can slow it.
 * @param timeoutMs after this a call rejects
 */
export function createDurableObjectPermits(
  namespace: PermitsNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): PermitStore {
  return {
    remote: true,
    // A stub that has failed stays broken, so each call makes its own.
    settle: async (key, ask) => within(timeoutMs, namespace.getByName(key).settle(ask), "permits"),
  };
}
