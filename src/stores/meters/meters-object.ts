import { DurableObject } from "cloudflare:workers";
import type { Page, PageQuery } from "../consumers/consumer-registry.ts";
import { within } from "../counters/time-bound.ts";
import { arrived, deliver } from "../courier.ts";
import type { ActLine } from "./act-line.ts";
import { INDEX, type MeterIndexNamespace } from "./durable-object.ts";
import { MeterBook } from "./meter-book.ts";
import type {
  Credit,
  Discarded,
  Discarding,
  Flush,
  FlushOutcome,
  OutboxState,
  TopUp,
  Usage,
  UsageQuery,
} from "./meter-store.ts";
import { sqliteTables } from "./sqlite-tables.ts";
import type { Receiver } from "./undelivered.ts";

/** How long the index has for an answer, in ms. */
const INDEX_MS = 5_000;
const NEVER = Number.POSITIVE_INFINITY;

interface IndexExports {
  readonly MeterIndexObject: MeterIndexNamespace;
}

/**
 * One consumer's events, credit and outbox, named by the consumer. A flush, and each step of a batch, is one write, and
 * the platform holds answers back until it is on disk in several places. Batches are sent from the alarm, which the
 * platform runs at least once, whatever dies.
 */
export class MetersObject extends DurableObject<Cloudflare.Env> {
  readonly #book: MeterBook;
  /** When the alarm is set for, as far as this life of the object knows. */
  #alarmAt: number | undefined;
  /** When the index is to be told something; only what happens to batches changes it. */
  #reportAt: number | undefined;

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
    this.#replan();
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
    return this.#book.credit(Date.now());
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
    this.#replan();
    return found;
  }

  retryDead(receiver: Receiver): number {
    const found = this.#book.outbox.retryDead(receiver, Date.now());
    this.#replan();
    return found;
  }

  discard(discarding: Discarding): Discarded {
    const outcome = this.#book.discard(discarding, Date.now());
    this.#replan();
    return outcome;
  }

  lines(query: PageQuery): Page<ActLine> {
    return this.#book.lines(query);
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    const { outbox } = this.#book;
    outbox.gather(Date.now());
    // Should this life end before the batches are sent, the alarm has to come back.
    this.#replan();
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
    await this.#report();
    this.#replan();
  }

  /** Tells the index what this outbox owes, where it is due. */
  async #report(): Promise<void> {
    const { report } = this.#book;
    const due = report.next(Date.now());
    if (due === undefined) return;
    const subject = this.#book.subject();
    const { MeterIndexObject: index } = this.ctx.exports as unknown as IndexExports;
    try {
      const held = await within(INDEX_MS, index.getByName(INDEX).put(subject, due), "meters");
      report.told(due, held, Date.now());
    } catch (error) {
      report.failed(Date.now());
      const cause = error instanceof Error ? error.message : String(error);
      console.warn(JSON.stringify({ level: "warn", event: "metered-index-not-told", subject, cause }));
    }
  }

  /** Plans anew after batches have changed. */
  #replan(): void {
    this.#reportAt = this.#book.report.wakeAt(Date.now());
    this.#plan();
  }

  #plan(): void {
    const at = Math.min(this.#book.outbox.wakeAt() ?? NEVER, this.#reportAt ?? NEVER);
    if (at === NEVER || (this.#alarmAt !== undefined && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    // Written with what it is about; a write that fails resets the object.
    void this.ctx.storage.setAlarm(at);
  }
}
