import type { ActLine, NewLine } from "./act-line.ts";
import type { Told } from "./index-report.ts";
import type { Destination, MeterLine, TopUp, Usage, UsageQuery } from "./meter-store.ts";
import type { Queue, Receiver } from "./undelivered.ts";

/** A batch as it is kept: it is sent as it was written, however often. */
export interface Batch {
  readonly number: number;
  /** Its idempotency key. */
  readonly id: string;
  readonly upstream: string;
  readonly path: string;
  readonly events: number;
  readonly body: string;
  readonly at: number;
  readonly tries: number;
  readonly due: number;
  readonly dead: boolean;
  readonly last?: string;
}

/** A batch without what it holds. */
export type BatchState = Omit<Batch, "body">;

/** A line that is in no batch yet. */
export type PendingLine = Omit<MeterLine, "to">;

/** Lines that wait for a batch, by where they go. */
export interface Gathering {
  readonly to: Destination;
  /** When the first of them came, or of those that a batch has taken. */
  readonly since: number;
}

/** Where one consumer's events are kept. Answers at once, so that nothing comes between a decision and its writes. */
export interface MeterTables {
  /** Does all that `work` writes, or where it throws nothing of it. */
  atomically<T>(work: () => T): T;

  /** The consumer's name: an alarm is not told it. */
  subject(): string;
  putSubject(subject: string): void;

  /** @returns a number that was never given before */
  addSession(seen: number): number;
  /** The number of its last flush. */
  session(id: number): number | undefined;
  putSession(id: number, last: number, seen: number): void;
  /** Forgets those that were seen last before a time, and all but the latest so many. */
  dropSessions(before: number, keep: number): void;

  addPending(to: Destination, line: PendingLine, now: number): void;
  gathering(): Gathering[];
  pendingCount(): number;
  /** Takes so many lines of a destination out, oldest first. */
  takePending(to: Destination, most: number): PendingLine[];

  /** By receiver, the dead ones or the others. There may be very many, so none of what they hold is read. */
  queues(dead: boolean): Queue[];
  batch(id: string): Batch | undefined;
  /** Without what they hold, oldest first. */
  states(most: number): BatchState[];
  addBatch(batch: Omit<Batch, "number">): void;
  putBatch(batch: Batch): void;
  dropBatch(id: string): void;
  /** Has a receiver's dead batches tried at a time. @returns how many there were */
  retryDead(receiver: Receiver, due: number): number;
  /** What the index of all outboxes was told of this one. */
  told(): Told | undefined;
  putTold(told: Told): void;

  /** Distinct sets of dimensions of an event in an hour. */
  sets(event: string, hour: number): number;
  hasSet(event: string, hour: number, dimensions: Readonly<Record<string, string>>): boolean;
  addUsage(usage: Usage): void;
  usage(query: UsageQuery): Usage[];
  dropUsage(before: number): void;

  balance(): number;
  putBalance(balance: number): void;
  reserved(): number;
  reservation(id: string): number | undefined;
  putReservation(id: string, units: number, until: number): void;
  dropReservation(id: string): void;
  /** Forgets those that have run out. */
  dropReservations(before: number): void;

  /** @param once under which nothing is done twice */
  appendLine(line: NewLine, once?: TopUp["once"]): void;
  /** What was done under a key, in short. */
  lineOnce(key: string): string | undefined;
  /** The newest first. @param before only those with a lower number */
  lines(before: number, most: number): ActLine[];
  /** Forgets those that are older than a time, and all but the latest so many. */
  dropLines(before: number, keep: number): void;
}
