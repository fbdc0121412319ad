import { DurableObject } from "cloudflare:workers";
import type { Page } from "../consumers/consumer-registry.ts";
import type { Report } from "./index-report.ts";
import { type Debtor, type DebtorQuery, type IndexRow, OutboxIndex } from "./outbox-index.ts";
import type { Undelivered } from "./undelivered.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS outboxes (
    subject TEXT PRIMARY KEY, version INTEGER NOT NULL, at INTEGER NOT NULL, undelivered TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS outboxes_at ON outboxes (at);
`;

type Row = Record<string, SqlStorageValue> & {
  readonly subject: string;
  readonly version: number;
  readonly at: number;
  readonly undelivered: string;
};

/**
 * Which consumers' outboxes owe something. One object for all of them: it is told when something begins to be wrong with
 * an outbox and when that ends, and seldom in between.
 */
export class MeterIndexObject extends DurableObject {
  readonly #index: OutboxIndex;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec(SCHEMA);
    this.#index = new OutboxIndex({
      row: (subject) =>
        sql.exec<Row>("SELECT * FROM outboxes WHERE subject = ?", subject).toArray().map(rowOf)[0],
      put: ({ subject, version, at, undelivered }) =>
        void sql.exec(
          "INSERT OR REPLACE INTO outboxes VALUES (?, ?, ?, ?)",
          subject,
          version,
          at,
          JSON.stringify(undelivered),
        ),
      drop: (before) => void sql.exec("DELETE FROM outboxes WHERE at < ?", before),
      *rows(after) {
        for (const row of sql.exec<Row>("SELECT * FROM outboxes WHERE subject > ? ORDER BY subject", after))
          yield rowOf(row);
      },
    });
  }

  /** See `OutboxIndex.put`. */
  put(subject: string, report: Report): number {
    return this.#index.put(subject, report, Date.now());
  }

  /** See `OutboxIndex.list`. */
  list(query: DebtorQuery): Page<Debtor> {
    return this.#index.list(query, Date.now());
  }
}

function rowOf({ undelivered, ...row }: Row): IndexRow {
  return { ...row, undelivered: JSON.parse(undelivered) as Undelivered[] };
}
