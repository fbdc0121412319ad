import { memoryTables } from "./memory-tables.ts";
import { MeterBook } from "./meter-book.ts";
import type { MeterStore } from "./meter-store.ts";
import { memoryIndexTables, OutboxIndex } from "./outbox-index.ts";

/** Meters that a restart forgets, for tests. Nothing wakes up by itself here: whoever holds a book sends its batches. */
export function createMemoryMeters(
  now: () => number,
): MeterStore & { readonly book: (subject: string) => MeterBook } {
  const books = new Map<string, MeterBook>();
  const index = new OutboxIndex(memoryIndexTables());
  let ids = 0;
  function book(subject: string): MeterBook {
    const known =
      books.get(subject) ??
      new MeterBook(memoryTables(), { id: () => `${subject}-${++ids}`, random: () => 0 });
    books.set(subject, known);
    return known;
  }
  return {
    book,
    open: async (subject) => book(subject).open(subject, now()),
    flush: async (subject, flush) => book(subject).flush(flush, now()),
    reserve: async (subject, id, units) => book(subject).reserve(id, units, now()),
    credit: async (subject) => book(subject).credit(now()),
    topUp: async (subject, topUp) => book(subject).topUp(topUp, now()),
    usage: async (subject, query) => book(subject).usage(query),
    outbox: async (subject) => book(subject).outboxState(),
    retry: async (subject, batch) => book(subject).outbox.retry(batch, now()),
    retryDead: async (subject, receiver) => book(subject).outbox.retryDead(receiver, now()),
    discard: async (subject, discarding) => book(subject).discard(discarding, now()),
    lines: async (subject, query) => book(subject).lines(query),
    async debtors(query) {
      for (const [subject, { report }] of books) {
        const due = report.next(now());
        if (due !== undefined) report.told(due, index.put(subject, due, now()), now());
      }
      return index.list(query, now());
    },
  };
}
