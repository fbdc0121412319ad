import { CounterStoreError } from "../counters/counter-store.ts";
import { within } from "../counters/time-bound.ts";
import type { QuotaStore } from "./quota-store.ts";

/** What the store needs of the namespace of `QuotasObject`s: `ctx.exports.QuotasObject`. */
export interface QuotasNamespace {
  getByName(name: string): QuotaStub;
}

/** One counter: each method is that of {@link QuotaStore}. */
type QuotaStub = {
  [Name in keyof QuotaStore]: QuotaStore[Name] extends (key: string, ...rest: infer Rest) => infer Answer
    ? (...rest: Rest) => Answer
    : never;
};

/**
 * Quotas in Durable Objects: one object a key, near who is counted first. See `createDurableObjectStore` for why not
 * a fixed number of them.
 * @param timeoutMs after this a call rejects
 */
export function createDurableObjectQuotas(
  namespace: QuotasNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): QuotaStore {
  async function call<T>(key: string, left: number, use: (quota: QuotaStub) => Promise<T>): Promise<T> {
    try {
      // A stub that has failed once stays broken, so each call makes its own; that costs nothing.
      return await within(Math.min(timeoutMs, left), use(namespace.getByName(key)), "quotas");
    } catch (error) {
      if (error instanceof CounterStoreError) throw error;
      throw new CounterStoreError("quotas", error instanceof Error ? error.message : String(error));
    }
  }
  return {
    take: (key, ask, left = timeoutMs) => call(key, left, (quota) => quota.take(ask)),
    release: (key, taken, cost) => call(key, timeoutMs, (quota) => quota.release(taken, cost)),
    usage: (key, calendar, left = timeoutMs) => call(key, left, (quota) => quota.usage(calendar)),
    record: (key) => call(key, timeoutMs, (quota) => quota.record()),
    set: (key, used, act) => call(key, timeoutMs, (quota) => quota.set(used, act)),
    lines: (key) => call(key, timeoutMs, (quota) => quota.lines()),
  };
}
