import { DurableObject } from "cloudflare:workers";
import type { Calendar } from "../../calendar/period.ts";
import { arrived, deliver } from "../courier.ts";
import { QuotaBook } from "./quota-book.ts";
import type {
  QuotaAct,
  QuotaAsk,
  QuotaGrant,
  QuotaLine,
  QuotaRecord,
  QuotaSet,
  QuotaUsage,
} from "./quota-store.ts";
import { sqliteTables } from "./sqlite-tables.ts";

/**
 * One counter of a quota, named by its key. It counts by its own clock, which all isolates thereby share.
 *
 * Each take is one row written, and the platform holds its answer back until that is on disk in several places: that
 * is the price of an exact count. Takes that come together are written together. A call reads, decides and writes
 * without awaiting anything, so concurrent ones cannot interleave.
 *
 * What somebody is to be told is written with the take that it is about, and sent from the alarm until it has arrived.
 */
export class QuotasObject extends DurableObject<Cloudflare.Env> {
  readonly #book: QuotaBook;
  /** When the alarm is set for, as far as this life of the object knows. */
  #alarmAt: number | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { storage } = ctx;
    const tables = sqliteTables(
      { sql: storage.sql, transactionSync: (work) => storage.transactionSync(work) },
      () => void storage.deleteAll(),
    );
    this.#book = new QuotaBook(tables, () => crypto.randomUUID());
    // Should the alarm have been lost on the way.
    this.#plan();
  }

  /** See `QuotaStore.take`. */
  take(ask: QuotaAsk): QuotaGrant {
    const grant = this.#book.take(ask, Date.now());
    this.#plan();
    return grant;
  }

  /** See `QuotaStore.release`. */
  release(taken: number, cost: number): void {
    this.#book.release(taken, cost);
  }

  /** See `QuotaStore.usage`. */
  usage(calendar: Calendar): QuotaUsage {
    return this.#book.usage(calendar, Date.now());
  }

  /** See `QuotaStore.record`. */
  record(): QuotaRecord | undefined {
    return this.#book.record(Date.now());
  }

  /** See `QuotaStore.set`. */
  set(used: number, act: QuotaAct): QuotaSet {
    const done = this.#book.set(used, act, Date.now());
    this.#plan();
    return done;
  }

  /** See `QuotaStore.lines`. */
  lines(): readonly QuotaLine[] {
    return this.#book.lines();
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    const from = {
      env: this.env as unknown as Readonly<Record<string, unknown>>,
      exports: this.ctx.exports,
      execution: this.ctx,
    };
    for (const warning of this.#book.due(Date.now())) {
      const { id, upstream, path } = warning;
      const outcome = await deliver({ ...warning, type: "application/json" }, from);
      if (arrived(outcome)) this.#book.sent(id);
      else {
        const givenUp = this.#book.unsent(warning, Date.now()) === undefined;
        const event = givenUp ? "quota-warning-given-up" : "quota-warning-unsent";
        const tries = warning.tries + 1;
        console.warn(JSON.stringify({ level: "warn", event, id, upstream, path, tries, ...outcome }));
      }
    }
    this.#book.replan = !this.#book.forget(Date.now());
    this.#plan();
  }

  #plan(): void {
    if (!this.#book.replan) return;
    const at = this.#book.wakeAt();
    if (at === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    // Written with what it is about; a write that fails resets the object.
    void this.ctx.storage.setAlarm(at);
  }
}
