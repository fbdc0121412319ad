import { DurableObject } from "cloudflare:workers";
import { type Holder, type HolderTable, lastExpiry, settle } from "./ledger.ts";
import { type Ask, type Grant, LEASE_MS } from "./permit-store.ts";

type Row = { id: string; permits: number; sequence: number; expires_at: number; short_at: number };

/**
 * The permits of one key, named by it. Holders are kept in memory and written through: an answer leaves only when the
 * write is confirmed, so no eviction and no crash forgets a lease. Isolates ask seldom, so these are few writes. An alarm
 * deletes everything once no lease is left.
 */
export class PermitsObject extends DurableObject {
  readonly #sql: SqlStorage;
  readonly #holders = new Map<string, Holder>();
  readonly #table: HolderTable;
  #alarmed = false;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const sql = ctx.storage.sql;
    this.#sql = sql;
    this.#createTable();
    for (const { expires_at, short_at, ...row } of sql.exec<Row>("SELECT * FROM holders")) {
      this.#holders.set(row.id, { ...row, expiresAt: expires_at, shortAt: short_at });
    }
    this.#table = {
      all: () => this.#holders.values(),
      put: (holder) => {
        const { id, permits, sequence, expiresAt, shortAt } = holder;
        this.#holders.set(id, holder);
        const row = [id, permits, sequence, expiresAt, shortAt];
        sql.exec("INSERT OR REPLACE INTO holders VALUES (?, ?, ?, ?, ?)", ...row);
      },
      remove: (id) => {
        this.#holders.delete(id);
        sql.exec("DELETE FROM holders WHERE id = ?", id);
      },
    };
  }

  /** See `PermitStore.settle`. */
  settle(ask: Ask): Grant {
    const now = Date.now();
    const grant = settle(this.#table, ask, now);
    if (!this.#alarmed) {
      this.#alarmed = true;
      void this.ctx.storage.setAlarm(now + 2 * LEASE_MS);
    }
    return grant;
  }

  override async alarm(): Promise<void> {
    const last = lastExpiry(this.#table);
    this.#alarmed = last > Date.now();
    if (this.#alarmed) return this.ctx.storage.setAlarm(last + LEASE_MS);
    this.#holders.clear();
    await this.ctx.storage.deleteAll();
    this.#createTable();
  }

  #createTable(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS holders (
        id TEXT PRIMARY KEY, permits INTEGER, sequence INTEGER, expires_at INTEGER, short_at INTEGER
      ) WITHOUT ROWID`,
    );
  }
}
