import { CounterStoreError } from "./counter-store.ts";

/**
 * The work's result, or a rejection once `ms` have passed. The work itself goes on: what cannot be aborted is
 * left alone, and its late result or failure is dropped.
 * @throws {CounterStoreError} when there is no result in time.
 */
export function within<T>(ms: number, work: Promise<T>, store: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new CounterStoreError(store, `no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
