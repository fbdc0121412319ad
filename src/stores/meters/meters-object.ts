import { DurableObject } from "cloudflare:workers";
import { arrived, deliver } from "../courier.ts";
import { MeterBook } from "./meter-book.ts";
import type { Credit, Flush, FlushOutcome, OutboxState, TopUp, Usage, UsageQuery } from "./meter-store.ts";
import { sqliteTables } from "./sqlite-tables.ts";

/**
 * One consumer's events, credit and outbox, named by the consumer. A flush, and each step of a batch, is one write, and
 * the platform holds answers back until it is on disk in several places. Batches are sent from the alarm, which the
 * platform runs at least once, whatever dies.
 */
export class MetersObject extends DurableObject<Cloudflare.Env> {
  readonly #book: MeterBook;
  /** When the alarm is set for, as far as this life of the object knows. */
  #alarmAt: number | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { storage } = ctx;
    const tables = sqliteTables({
      sql: storage.sql,
      transactionSync: (work) => storage.transactionSync(work),
    });
    const chance = { id: () => crypto.randomUUID(), random: () => Math.random() };
    this.#book = new MeterBook(tables, chance);
    // Should the alarm have been lost on the way.
    this.#plan();
  }

  open(subject: string): number {
    return this.#book.open(subject, Date.now());
  }

  flush(flush: Flush): FlushOutcome {
    const outcome = this.#book.flush(flush, Date.now());
    this.#plan();
    return outcome;
  }

  reserve(id: string, units: number): Credit & { readonly granted: boolean } {
    return this.#book.reserve(id, units, Date.now());
  }

  credit(): Credit {
    return this.#book.credit();
  }

  topUp(topUp: TopUp): Credit | "reused" {
    return this.#book.topUp(topUp, Date.now());
  }

  usage(query: UsageQuery): readonly Usage[] {
    return this.#book.usage(query);
  }

  outbox(): OutboxState {
    return this.#book.outboxState();
  }

  retry(batch: string): boolean {
    const found = this.#book.outbox.retry(batch, Date.now());
    this.#plan();
    return found;
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    const { outbox } = this.#book;
    outbox.gather(Date.now());
    // Should this life end before the batches are sent, the alarm has to come back.
    this.#plan();
    const from = {
      env: this.env as unknown as Readonly<Record<string, unknown>>,
      exports: this.ctx.exports,
      execution: this.ctx,
    };
    await Promise.all(
      outbox.due(Date.now()).map(async (batch) => {
        const message = { ...batch, type: "application/cloudevents-batch+json" };
        const outcome = await deliver(message, from);
        const isDead = outbox.sent(batch, outcome, Date.now());
        if (arrived(outcome)) return;
        const { id, upstream, path } = batch;
        const tries = batch.tries + 1;
        const level = isDead ? "error" : "warn";
        const event = isDead ? "metered-batch-dead" : "metered-batch-unsent";
        const subject = this.#book.subject();
        console.warn(JSON.stringify({ level, event, subject, batch: id, upstream, path, tries, ...outcome }));
      }),
    );
    this.#plan();
  }

  #plan(): void {
    const at = this.#book.outbox.wakeAt();
    if (at === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    // Written with what it is about; a write that fails resets the object.
    void this.ctx.storage.setAlarm(at);
  }
}
