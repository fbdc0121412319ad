import { DurableObject } from "cloudflare:workers";
import {
  CLAIM_MS,
  COOL_DOWN_MS,
  judgeClaim,
  type NewSession,
  type RefreshClaim,
  type RefreshState,
  RefreshWaiters,
  type SessionChoice,
} from "./session-store.ts";

type Row = RefreshState & { readonly [column: string]: SqlStorageValue };

/**
 * The sessions of one owner, or the owner of one provider's session. An answer leaves only when what it rests on is
 * written. An object whose sessions are over deletes all it has, so that there are no more of them than there are
 * people with a session.
 */
export class SessionsObject extends DurableObject {
  readonly #sql: SqlStorage;
  readonly #waiters = new RefreshWaiters();
  #ready: boolean;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    // Looked for and not made: asking for what is not there must leave nothing behind.
    this.#ready = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").toArray().length > 0;
  }

  /** See `SessionStore.open`. */
  async open({ id, sid, startedAt, until }: NewSession): Promise<void> {
    this.#prepare();
    this.#sql.exec("DELETE FROM sessions WHERE until <= ?", Date.now());
    this.#sql.exec(
      "INSERT OR REPLACE INTO sessions (id, sid, startedAt, until) VALUES (?, ?, ?, ?)",
      id,
      sid ?? null,
      startedAt,
      until,
    );
    await this.#wakeAt(until);
  }

  /** See `SessionStore.generation`. */
  generation(id: string): number | undefined {
    return this.#living(id)?.generation;
  }

  /** See `SessionStore.claimRefresh`. */
  async claimRefresh(id: string, generation: number, wait: boolean): Promise<RefreshClaim> {
    for (;;) {
      const state = this.#living(id);
      const now = Date.now();
      const claim = judgeClaim(state, generation, now);
      if (claim.kind === "yours") {
        this.#sql.exec("UPDATE sessions SET claimedUntil = ? WHERE id = ?", now + CLAIM_MS, id);
      }
      if (claim.kind !== "busy" || !wait) return claim;
      await this.#waiters.wait(id, state!.claimedUntil - now);
    }
  }

  /** See `SessionStore.renew`. */
  renew(id: string, generation: number, sealed: string): boolean {
    const lives = this.#living(id) !== undefined;
    if (lives) {
      this.#sql.exec(
        "UPDATE sessions SET generation = ?, sealed = ?, claimedUntil = 0 WHERE id = ?",
        generation,
        sealed,
        id,
      );
    }
    this.#waiters.wake(id);
    return lives;
  }

  /** See `SessionStore.giveUp`. */
  giveUp(id: string): void {
    if (this.#ready) {
      const failedUntil = Date.now() + COOL_DOWN_MS;
      this.#sql.exec("UPDATE sessions SET claimedUntil = 0, failedUntil = ? WHERE id = ?", failedUntil, id);
    }
    this.#waiters.wake(id);
  }

  /** See `SessionStore.end`. */
  end({ id, sid, before = Number.MAX_SAFE_INTEGER }: SessionChoice): void {
    if (!this.#ready) return;
    const ended = this.#sql.exec<{ id: string }>(
      "DELETE FROM sessions WHERE id = coalesce(?, id) AND (? IS NULL OR sid = ?) AND startedAt < ? RETURNING id",
      id ?? null,
      sid ?? null,
      sid ?? null,
      before,
    );
    for (const each of ended.toArray()) this.#waiters.wake(each.id);
  }

  /** This object stands for a provider's session: whose it is. */
  async own(owner: string, until: number): Promise<void> {
    this.#prepare();
    this.#sql.exec("INSERT OR REPLACE INTO owner VALUES (1, ?, ?)", owner, until);
    await this.#wakeAt(until);
  }

  /** See `SessionStore.ownerOf`. */
  owner(): string | undefined {
    if (!this.#ready) return undefined;
    const rows = this.#sql.exec<{ owner: string }>("SELECT owner FROM owner WHERE until > ?", Date.now());
    return rows.toArray()[0]?.owner;
  }

  override async alarm(): Promise<void> {
    const rows = this.#sql.exec<{ until: number | null }>(
      "SELECT max(until) AS until FROM (SELECT until FROM sessions UNION ALL SELECT until FROM owner)",
    );
    const until = rows.one().until ?? 0;
    if (until > Date.now()) await this.ctx.storage.setAlarm(until);
    else {
      this.#ready = false;
      await this.ctx.storage.deleteAll();
    }
  }

  #prepare(): void {
    if (this.#ready) return;
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS sessions (
        id TEXT PRIMARY KEY, sid TEXT, startedAt INTEGER NOT NULL, until INTEGER NOT NULL,
        generation INTEGER NOT NULL DEFAULT 0, sealed TEXT,
        claimedUntil INTEGER NOT NULL DEFAULT 0, failedUntil INTEGER NOT NULL DEFAULT 0
      ) WITHOUT ROWID`,
    );
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS owner (one INTEGER PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL)",
    );
    this.#ready = true;
  }

  #living(id: string): Row | undefined {
    if (!this.#ready) return undefined;
    const rows = this.#sql.exec<Row>(
      "SELECT generation, sealed, claimedUntil, failedUntil FROM sessions WHERE id = ? AND until > ?",
      id,
      Date.now(),
    );
    return rows.toArray()[0];
  }

  /** Sees to it that the object is looked after when this is over; a later alarm stays. */
  async #wakeAt(until: number): Promise<void> {
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || alarm < until) await this.ctx.storage.setAlarm(until);
  }
}
