import { DurableObject } from "cloudflare:workers";
import { KEPT_HOURS, type RefusalCount } from "./refusal-store.ts";

/**
 * The counts of all isolates. One object: each isolate hands its own over once in ten seconds at most, and they are
 * read by hand.
 */
export class RefusalsObject extends DurableObject {
  readonly #sql: SqlStorage;
  #newest = 0;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS refusals (
        hour INTEGER, route TEXT, code TEXT, mode TEXT, policy TEXT, count INTEGER NOT NULL,
        PRIMARY KEY (hour, route, code, mode, policy)
      ) WITHOUT ROWID`,
    );
  }

  /** See `RefusalStore.add`. */
  add(counts: readonly RefusalCount[], hour: number): void {
    if (hour > this.#newest) {
      this.#newest = hour;
      this.#sql.exec("DELETE FROM refusals WHERE hour <= ?", hour - KEPT_HOURS);
    }
    for (const { route, code, mode, policy, count } of counts) {
      this.#sql.exec(
        `INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET count = count + excluded.count`,
        hour,
        route,
        code,
        mode,
        policy,
        count,
      );
    }
  }

  /** See `RefusalStore.since`. */
  since(hour: number): RefusalCount[] {
    const rows = this.#sql.exec(
      `SELECT route, code, mode, policy, SUM(count) AS count FROM refusals WHERE hour >= ?
        GROUP BY route, code, mode, policy ORDER BY count DESC`,
      hour,
    );
    return rows.toArray() as unknown as RefusalCount[];
  }
}
