import { DurableObject } from "cloudflare:workers";
import {
  type BlockChange,
  type BlockEntry,
  type BlockId,
  type BlockKind,
  type BlockSnapshot,
  COUNTED_EVERY,
  GATEWAY,
  KEPT_CHANGES,
  KEPT_MS,
  mostEntriesFor,
  TooManyEntries,
} from "./block-store.ts";

interface EntryRow extends Record<string, SqlStorageValue> {
  list: string;
  kind: string;
  value: string;
  reason: string;
  expires: number | null;
  created: number;
  creator: string;
}

interface ChangeRow extends Record<string, SqlStorageValue> {
  version: number;
  at: number;
  by: string;
  action: string;
  entry: string;
}

/** The lists of all isolates. One object: each isolate reads it once in ten seconds at most. */
export class BlocksObject extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS entries (
        list TEXT, kind TEXT, value TEXT, reason TEXT NOT NULL, expires INTEGER, created INTEGER NOT NULL,
        creator TEXT NOT NULL, PRIMARY KEY (list, kind, value)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS changes (
        version INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL,
        entry TEXT NOT NULL
      )`,
    );
  }

  /** See `BlockStore.read`. */
  read(known: number | undefined): BlockSnapshot | undefined {
    const [row] = this.#sql.exec<{ version: number | null }>("SELECT MAX(version) AS version FROM changes");
    const version = row?.version ?? 0;
    if (version === known) return undefined;
    return { version, entries: this.#sql.exec<EntryRow>("SELECT * FROM entries").toArray().map(entryOf) };
  }

  /** See `BlockStore.put`. */
  put(entry: BlockEntry): void {
    const { list, kind, value, reason, expiresAt = null, createdAt, createdBy } = entry;
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM entries WHERE list = ? AND kind = ? AND value = ?", list, kind, value);
      // What has expired is kept no longer than until there is something new; the audit log has it still.
      this.#sql.exec("DELETE FROM entries WHERE expires <= ?", createdAt);
      if (
        this.#sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM entries").one().n >=
        mostEntriesFor(createdBy)
      ) {
        throw new TooManyEntries();
      }
      this.#sql.exec(
        "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[list, kind, value, reason, expiresAt, createdAt, createdBy],
      );
      this.#log("put", entry, createdBy, createdAt);
    });
  }

  /** See `BlockStore.remove`. */
  remove({ list, kind, value }: BlockId, by: string, at: number): boolean {
    return this.ctx.storage.transactionSync(() => {
      const { rowsWritten } = this.#sql.exec(
        "DELETE FROM entries WHERE list = ? AND kind = ? AND value = ?",
        ...[list, kind, value],
      );
      if (rowsWritten > 0) this.#log("remove", { list, kind, value }, by, at);
      return rowsWritten > 0;
    });
  }

  /** See `BlockStore.changes`. */
  changes(limit: number, before = Number.MAX_SAFE_INTEGER): BlockChange[] {
    return this.#sql
      .exec<ChangeRow>("SELECT * FROM changes WHERE version < ? ORDER BY version DESC LIMIT ?", before, limit)
      .toArray()
      .map(({ version, at, by, action, entry }) => ({
        version,
        at,
        by,
        action: action as BlockChange["action"],
        entry: JSON.parse(entry) as BlockChange["entry"],
      }));
  }

  #log(action: BlockChange["action"], entry: BlockChange["entry"], by: string, at: number): void {
    const { version } = this.#sql
      .exec<{ version: number }>(
        "INSERT INTO changes (at, by, action, entry) VALUES (?, ?, ?, ?) RETURNING version",
        ...[at, by, action, JSON.stringify(entry)],
      )
      .one();
    this.#forget(at, version);
  }

  /** Drops changes that are too old or too many. The newest stays whatever happens: it tells the version. */
  #forget(at: number, version: number): void {
    this.#sql.exec(
      "DELETE FROM changes WHERE version < (SELECT version FROM changes WHERE at > ? ORDER BY version LIMIT 1)",
      at - KEPT_MS,
    );
    if (version % COUNTED_EVERY !== 0) return;
    for (const whose of ["by = ?", "by <> ?"]) {
      this.#sql.exec(
        `DELETE FROM changes WHERE ${whose} AND version <= (
          SELECT version FROM changes WHERE ${whose} ORDER BY version DESC LIMIT 1 OFFSET ${KEPT_CHANGES}
        )`,
        ...[GATEWAY, GATEWAY],
      );
    }
  }
}

function entryOf({ list, kind, value, reason, expires, created, creator }: EntryRow): BlockEntry {
  return {
    list,
    kind: kind as BlockKind,
    value,
    reason,
    ...(expires !== null && { expiresAt: expires }),
    createdAt: created,
    createdBy: creator,
  };
}
