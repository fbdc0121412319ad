import type { Page, PageQuery } from "../consumers/consumer-registry.ts";
import { page } from "../consumers/page.ts";
import type { Report } from "./index-report.ts";
import { type Receiver, receiverKey, type Undelivered } from "./undelivered.ts";

/** A consumer whose outbox owes something. */
export interface Debtor {
  readonly subject: string;
  readonly undelivered: readonly Undelivered[];
  /** When its outbox said so, in ms since the epoch. */
  readonly at: number;
}

/** What the index knows of a consumer: nothing undelivered where all is well again. */
export interface IndexRow extends Debtor {
  readonly version: number;
}

/** Which debtors are asked for. */
export interface DebtorQuery extends PageQuery {
  /** Only those with dead batches of this receiver. */
  readonly deadOf?: Receiver | undefined;
}

/** Where the index is kept. Answers at once, so that nothing comes between a decision and its writes. */
export interface IndexTables {
  row(subject: string): IndexRow | undefined;
  put(row: IndexRow): void;
  /** Forgets what was said before a time, in ms since the epoch. */
  drop(before: number): void;
  /** In the order of their names. @param after only those behind this one */
  rows(after: string): Iterable<IndexRow>;
}

/**
 * What is not said again for so long is not believed any more, in ms: outboxes that owe something say so every day. So
 * the index is right again some time after whatever may have happened to it.
 */
export const BELIEVED_MS = 3 * 86_400_000;

/** Which outboxes owe something, as they have said themselves. */
export class OutboxIndex {
  readonly #tables: IndexTables;

  constructor(tables: IndexTables) {
    this.#tables = tables;
  }

  /** Takes a report, unless a later one has come before it. @returns the highest number that is known */
  put(subject: string, { version, undelivered }: Report, now: number): number {
    const known = this.#tables.row(subject)?.version ?? 0;
    if (known >= version) return known;
    this.#tables.drop(now - BELIEVED_MS);
    this.#tables.put({ subject, version, undelivered, at: now });
    return version;
  }

  /** Those that owe something, in the order of their names. */
  list({ after = "", limit, deadOf }: DebtorQuery, now: number): Page<Debtor> {
    const key = deadOf && receiverKey(deadOf);
    const found: Debtor[] = [];
    for (const { version: _, ...row } of this.#tables.rows(after)) {
      if (row.at <= now - BELIEVED_MS) continue;
      const owes = row.undelivered.some(
        (each) => key === undefined || (each.dead > 0 && receiverKey(each) === key),
      );
      if (owes) found.push(row);
      if (found.length > limit) break;
    }
    return page(found, limit, ({ subject }) => subject);
  }
}

/** The index in memory. */
export function memoryIndexTables(): IndexTables {
  const kept = new Map<string, IndexRow>();
  return {
    row: (subject) => kept.get(subject),
    put: (row) => void kept.set(row.subject, row),
    drop(before) {
      for (const [subject, { at }] of kept) if (at < before) kept.delete(subject);
    },
    rows: (after) =>
      [...kept.values()]
        .filter(({ subject }) => subject > after)
        .toSorted(({ subject: a }, { subject: b }) => (a < b ? -1 : 1)),
  };
}
