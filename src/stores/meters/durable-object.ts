import type { Page } from "../consumers/consumer-registry.ts";
import { CounterStoreError } from "../counters/counter-store.ts";
import { within } from "../counters/time-bound.ts";
import type { Report } from "./index-report.ts";
import type { MeterStore } from "./meter-store.ts";
import type { Debtor, DebtorQuery } from "./outbox-index.ts";

/** What the store needs of the namespace of `MetersObject`s: `ctx.exports.MetersObject`. */
export interface MetersNamespace {
  getByName(name: string): MeterStub;
}

/** What the store needs of the namespace of the one `MeterIndexObject`: `ctx.exports.MeterIndexObject`. */
export interface MeterIndexNamespace {
  getByName(name: string): {
    put(subject: string, report: Report): Promise<number>;
    list(query: DebtorQuery): Promise<Page<Debtor>>;
  };
}

/** The name of the one index. */
export const INDEX = "outboxes";

/** One consumer: each method is that of {@link MeterStore}. */
type MeterStub = Pick<MeterStore, "open"> & {
  [Name in Exclude<keyof MeterStore, "open" | "debtors">]: MeterStore[Name] extends (
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
  index: MeterIndexNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): MeterStore {
  async function call<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await within(timeoutMs, ask(), "meters");
    } catch (error) {
      if (error instanceof CounterStoreError) throw error;
      throw new CounterStoreError("meters", error instanceof Error ? error.message : String(error));
    }
  }
  // A stub that has failed once stays broken, so each call makes its own; that costs nothing.
  const meter = (subject: string) => namespace.getByName(subject);
  return {
    open: (subject) => call(() => meter(subject).open(subject)),
    flush: (subject, flush) => call(() => meter(subject).flush(flush)),
    reserve: (subject, id, units) => call(() => meter(subject).reserve(id, units)),
    credit: (subject) => call(() => meter(subject).credit()),
    topUp: (subject, topUp) => call(() => meter(subject).topUp(topUp)),
    usage: (subject, query) => call(() => meter(subject).usage(query)),
    outbox: (subject) => call(() => meter(subject).outbox()),
    retry: (subject, batch) => call(() => meter(subject).retry(batch)),
    retryDead: (subject, receiver) => call(() => meter(subject).retryDead(receiver)),
    discard: (subject, discarding) => call(() => meter(subject).discard(discarding)),
    lines: (subject, query) => call(() => meter(subject).lines(query)),
    debtors: (query) => call(() => index.getByName(INDEX).list(query)),
  };
}
