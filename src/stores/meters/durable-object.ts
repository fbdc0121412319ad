import { CounterStoreError } from "../counters/counter-store.ts";
import { within } from "../counters/time-bound.ts";
import type { MeterStore } from "./meter-store.ts";

/** What the store needs of the namespace of `MetersObject`s: `ctx.exports.MetersObject`. */
export interface MetersNamespace {
  getByName(name: string): MeterStub;
}

/** One consumer: each method is that of {@link MeterStore}. */
type MeterStub = Pick<MeterStore, "open"> & {
  [Name in Exclude<keyof MeterStore, "open">]: MeterStore[Name] extends (
    subject: string,
    ...rest: infer Rest
  ) => infer Answer
    ? (...rest: Rest) => Answer
    : never;
};

/**
 * Meters in Durable Objects, one a consumer: credit is a consumer's, and one that sends much keeps nobody else waiting.
 * An isolate calls it once a flush however many requests there were, so that it bears thousands of isolates.
 * @param timeoutMs after this a call rejects
 */
export function createDurableObjectMeters(
  namespace: MetersNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): MeterStore {
  async function call<T>(subject: string, use: (meter: MeterStub) => Promise<T>): Promise<T> {
    try {
      // A stub that has failed once stays broken, so each call makes its own; that costs nothing.
      return await within(timeoutMs, use(namespace.getByName(subject)), "meters");
    } catch (error) {
      if (error instanceof CounterStoreError) throw error;
      throw new CounterStoreError("meters", error instanceof Error ? error.message : String(error));
    }
  }
  return {
    open: (subject) => call(subject, (meter) => meter.open(subject)),
    flush: (subject, flush) => call(subject, (meter) => meter.flush(flush)),
    reserve: (subject, id, units) => call(subject, (meter) => meter.reserve(id, units)),
    credit: (subject) => call(subject, (meter) => meter.credit()),
    topUp: (subject, topUp) => call(subject, (meter) => meter.topUp(topUp)),
    usage: (subject, query) => call(subject, (meter) => meter.usage(query)),
    outbox: (subject) => call(subject, (meter) => meter.outbox()),
    retry: (subject, batch) => call(subject, (meter) => meter.retry(batch)),
  };
}
