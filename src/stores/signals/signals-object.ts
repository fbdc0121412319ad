import { DurableObject } from "cloudflare:workers";
import { arrived, deliver } from "../courier.ts";
import { SignalBook } from "./signal-book.ts";
import type { SignalReport, SignalTerms } from "./signal-store.ts";
import { sqliteTable } from "./sqlite-table.ts";

/**
 * What all isolates see of one upstream, named by it: the one place that decides for all of them. What is decided is
 * written down before it is sent, and sent from the alarm, which the platform runs at least once, whatever dies.
 */
export class SignalsObject extends DurableObject<Cloudflare.Env> {
  readonly #book: SignalBook;
  /** When the alarm is set for, as far as this life of the object knows. */
  #alarmAt: number | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { storage } = ctx;
    const table = sqliteTable(storage.sql, () => {
      // The alarm goes with it.
      this.#alarmAt = undefined;
      void storage.deleteAll();
    });
    this.#book = new SignalBook(table, () => crypto.randomUUID(), Date.now());
    // Should the alarm have been lost on the way.
    this.#plan();
  }

  /** See `SignalStore.report`. */
  report(upstream: string, terms: SignalTerms, report: SignalReport): number {
    const pace = this.#book.report(upstream, terms, report, Date.now());
    this.#plan();
    return pace;
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    this.#book.look(Date.now());
    const signal = this.#book.due(Date.now());
    if (signal !== undefined) {
      // Should this life end before it has arrived, the alarm has to come back.
      this.#plan();
      const from = {
        env: this.env as unknown as Readonly<Record<string, unknown>>,
        exports: this.ctx.exports,
        execution: this.ctx,
      };
      const { id, tries, body } = signal;
      const outcome = await deliver({ ...signal, type: "application/json" }, from);
      if (arrived(outcome)) this.#book.sent(id, Date.now());
      else {
        const event = this.#book.unsent(signal, Date.now()) ? "signal-unsent" : "signal-given-up";
        console.warn(JSON.stringify({ level: "warn", event, id, tries, ...outcome, signal: body }));
      }
    }
    this.#plan();
  }

  #plan(): void {
    const at = this.#book.wakeAt(Date.now());
    if (at === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    // Written with what it is about; a write that fails resets the object.
    void this.ctx.storage.setAlarm(at);
  }
}
