import { DurableObject } from "cloudflare:workers";

/** How often what has passed is deleted, while there is anything. */
const PRUNE_EVERY_MS = 600_000;

/**
 * Keys that were used, each until it would not be accepted any more. The answer leaves only when the write is
 * confirmed, so that no crash forgets a key. An alarm deletes what has passed: an object that is not used is empty.
 */
export class NoncesObject extends DurableObject {
  readonly #sql: SqlStorage;
  /** Whether this instance has seen to the alarm. An alarm of an earlier one is put off, once. */
  #alarmed = false;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec("CREATE TABLE IF NOT EXISTS nonces (key BLOB PRIMARY KEY, until INTEGER) WITHOUT ROWID");
  }

  /** See `NonceStore.use`. */
  use(key: ArrayBuffer, until: number): boolean {
    const now = Date.now();
    const rows = this.#sql.exec(
      `INSERT INTO nonces VALUES (?, ?)
        ON CONFLICT DO UPDATE SET until = excluded.until WHERE nonces.until <= ? RETURNING 1`,
      key,
      until,
      now,
    );
    const first = rows.toArray().length > 0;
    if (!this.#alarmed) {
      this.#alarmed = true;
      void this.ctx.storage.setAlarm(now + PRUNE_EVERY_MS);
    }
    return first;
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    this.#sql.exec("DELETE FROM nonces WHERE until <= ?", now);
    this.#alarmed = this.#sql.exec("SELECT 1 FROM nonces LIMIT 1").toArray().length > 0;
    if (this.#alarmed) await this.ctx.storage.setAlarm(now + PRUNE_EVERY_MS);
  }
}
