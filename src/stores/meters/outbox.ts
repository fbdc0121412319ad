import { arrived, type Tried } from "../courier.ts";
import { eventsBody } from "./events-body.ts";
import type { Destination } from "./meter-store.ts";
import { pause } from "./pause.ts";
import type { Batch, Gathering, MeterTables } from "./tables.ts";
import { type Receiver, receiverKey } from "./undelivered.ts";

/** What the outbox gives ids and jitter from. */
export interface Chance {
  readonly id: () => string;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** Batches of one consumer on their way: each is kept until its receiver has said that it has it. */
export class Outbox {
  readonly #tables: MeterTables;
  readonly #chance: Chance;

  constructor(tables: MeterTables, chance: Chance) {
    this.#tables = tables;
    this.#chance = chance;
  }

  /**
   * Makes batches of what has gathered long enough. Lines leave with the very write that makes their batch. While one
   * waits, what comes after it goes on being added up: a receiver that is away for days costs little room.
   */
  gather(now: number): void {
    const due = this.#free().filter(({ to, since }) => now >= since + to.everyMs);
    if (due.length === 0) return;
    this.#tables.atomically(() => {
      for (const { to } of due) this.#cut(to, now);
    });
  }

  /** What gathers for places that no batch is on its way to. */
  #free(): Gathering[] {
    const taken = new Set(this.#tables.queues(false).map(receiverKey));
    return this.#tables.gathering().filter(({ to }) => !taken.has(receiverKey(to)));
  }

  #cut(to: Destination, now: number): void {
    const lines = this.#tables.takePending(to, to.batch);
    const id = this.#chance.id();
    this.#tables.addBatch({
      id,
      upstream: to.upstream,
      path: to.path,
      events: lines.length,
      body: eventsBody(this.#tables.subject(), id, lines),
      at: now,
      tries: 0,
      due: now,
      dead: false,
      last: undefined,
    });
  }

  /**
   * The batches to send now: of each place the oldest, because no batch overtakes another. Dead ones hold nobody up.
   */
  due(now: number): Batch[] {
    return this.#tables
      .queues(false)
      .filter(({ first }) => first.due <= now)
      .map(({ first }) => this.#tables.batch(first.id)!);
  }

  /**
   * A batch was sent. What its receiver has is forgotten; what it will not have is put aside; all else is tried again.
   * @returns whether it is put aside
   */
  sent(batch: Batch, tried: Tried, now: number): boolean {
    if (arrived(tried)) {
      this.#tables.dropBatch(batch.id);
      return false;
    }
    const tries = batch.tries + 1;
    const last = "status" in tried ? `status ${tried.status}` : tried.failure.slice(0, 200);
    const dead = "status" in tried && isFinal(tried.status);
    this.#tables.putBatch({ ...batch, tries, last, dead, due: now + pause(tries, this.#chance.random()) });
    return dead;
  }

  /** Tries a batch anew. @returns whether there is one */
  retry(id: string, now: number): boolean {
    const batch = this.#tables.batch(id);
    if (batch === undefined) return false;
    this.#tables.putBatch({ ...batch, dead: false, due: now });
    return true;
  }

  /** Tries anew what a receiver would not have. @returns how many batches */
  retryDead(receiver: Receiver, now: number): number {
    return this.#tables.atomically(() => this.#tables.retryDead(receiver, now));
  }

  /** When there is something to do, in ms since the epoch; undefined where there is nothing. */
  wakeAt(): number | undefined {
    const times = [
      ...this.#free().map(({ to, since }) => since + to.everyMs),
      ...this.#tables.queues(false).map(({ first }) => first.due),
    ];
    return times.length === 0 ? undefined : Math.min(...times);
  }
}

/** Whether sending it again would come to the same (RFC 9110 §15.5): but a time-out or too many requests pass. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
}
