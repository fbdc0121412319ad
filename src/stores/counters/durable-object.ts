import { CounterStoreError, type Grant, type SharedCounterStore } from "./counter-store.ts";
import { within } from "./time-bound.ts";

/** What the store needs of the namespace of `LimiterObject`s: `ctx.exports.LimiterObject`, or a binding. */
export interface LimiterNamespace {
  getByName(name: string): { take(limit: number, windowMs: number, cost: number): Promise<Grant> };
}

/**
 * Counters in Durable Objects: exact over the globe, with nothing to set up.
 *
 * There is one object per key, not a fixed number of shards, because
 * - a caller who floods (refusals are calls too, and one object serves some 1,000 a second) slows only their own
 *   counter; in a shared shard they would time out everybody else's and so refuse them;
 * - an object lives where it was first asked for, so a caller's counter is near the caller, while a shard is near
 *   whoever came first and a hemisphere away from the others, on every request;
 * - nothing needs to be resized.
 *
 * The price: the first use of a name is checked round the world, which Cloudflare documents as up to a few
 * hundred ms once per key. Choose `timeoutMs` above that, or new callers are refused where the limit fails closed.
 * @param timeoutMs after this a take rejects.
 */
export function createDurableObjectStore(
  namespace: LimiterNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): SharedCounterStore {
  return {
    remote: true,
    async take({ key, limit, windowMs, cost }) {
      try {
        // A stub that has failed once stays broken, so each take makes its own; that costs nothing.
        return await within(
          timeoutMs,
          namespace.getByName(key).take(limit, windowMs, cost),
          "durable-object",
        );
      } catch (error) {
        if (error instanceof CounterStoreError) throw error;
        throw new CounterStoreError("durable-object", error instanceof Error ? error.message : String(error));
      }
    },
  };
}
