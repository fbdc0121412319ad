import { memoryTables } from "./memory-tables.ts";
import { QuotaBook } from "./quota-book.ts";
import type { QuotaStore } from "./quota-store.ts";

/**
 * Quotas of this isolate alone, which a restart forgets: for tests, benches and single-process use. Nothing wakes up by
 * itself here, so warnings are sent to nobody.
 */
export function createMemoryQuotas(now: () => number): QuotaStore {
  const books = new Map<string, QuotaBook>();
  function book(key: string): QuotaBook {
    const known = books.get(key) ?? new QuotaBook(memoryTables(), () => crypto.randomUUID());
    books.set(key, known);
    return known;
  }
  return {
    take: async (key, ask) =>
      book(key).take({ ...ask, warnings: ask.warnings && { ...ask.warnings, to: undefined } }, now()),
    release: async (key, taken, cost) => book(key).release(taken, cost),
    usage: async (key, calendar) => book(key).usage(calendar, now()),
    record: async (key) => book(key).record(now()),
    set: async (key, used, act) => book(key).set(used, act, now()),
    lines: async (key) => book(key).lines(),
  };
}
