import { pause } from "./pause.ts";
import type { MeterTables } from "./tables.ts";
import { LATE_MS, receiverKey, type Undelivered, undeliveredOf } from "./undelivered.ts";

/** What of a consumer's outbox the index of all is to be told. */
export interface Report {
  /** Counts the consumer's reports: the index goes by the highest, in whatever order they come. */
  readonly version: number;
  readonly undelivered: readonly Undelivered[];
}

/** What the index is known to have been told, and when. Kept on disk. */
export interface Told extends Report {
  /** When that was acknowledged, in ms since the epoch. */
  readonly at: number;
  /** How often the next report has failed. */
  readonly tries: number;
  /** When it is tried again, in ms since the epoch. */
  readonly retryAt: number;
}

/** How often the index is told again of what has not changed, in ms: should it have forgotten. */
export const CONFIRM_MS = 86_400_000;

const NOTHING: Told = { version: 0, undelivered: [], at: 0, tries: 0, retryAt: 0 };

/**
 * Tells the index of all outboxes what this one owes, when that begins and when it ends. Numbers that change meanwhile
 * are told every quarter of an hour: a receiver that is away must not have all consumers call one object all the time.
 */
export class IndexReport {
  readonly #tables: MeterTables;
  readonly #random: () => number;

  constructor(tables: MeterTables, random: () => number) {
    this.#tables = tables;
    this.#random = random;
  }

  /** When there is something to tell, in ms since the epoch; undefined where there is nothing, and will not be by itself. */
  wakeAt(now: number): number | undefined {
    const late = this.#tables
      .queues(false)
      .map(({ first }) => first.at + LATE_MS)
      .filter((at) => at > now);
    const due = this.#dueAt(this.#owed(now));
    const times = due === undefined ? late : [Math.max(due, now), ...late];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** The report that is due. Its number is on disk before it is sent, so that no two have the same. */
  next(now: number): Report | undefined {
    const undelivered = this.#owed(now);
    const due = this.#dueAt(undelivered);
    if (due === undefined || due > now) return undefined;
    const told = this.#told();
    const version = told.version + 1;
    this.#tables.putTold({ ...told, version });
    return { version, undelivered };
  }

  /** A report has arrived. @param held the highest number that the index knows: where it is higher, this one was not heeded */
  told({ version, undelivered }: Report, held: number, now: number): void {
    if (held > version) this.#tables.putTold({ ...this.#told(), version: held });
    else this.#tables.putTold({ version, undelivered, at: now, tries: 0, retryAt: 0 });
  }

  /** A report has not arrived, as far as anybody knows. */
  failed(now: number): void {
    const told = this.#told();
    const tries = told.tries + 1;
    this.#tables.putTold({ ...told, tries, retryAt: now + pause(tries, this.#random()) });
  }

  #told(): Told {
    return this.#tables.told() ?? NOTHING;
  }

  #owed(now: number): Undelivered[] {
    return undeliveredOf(this.#tables.queues(true), this.#tables.queues(false), now);
  }

  #dueAt(owed: readonly Undelivered[]): number | undefined {
    const { undelivered, at, retryAt } = this.#told();
    if (kinds(owed) !== kinds(undelivered)) return retryAt;
    if (owed.length === 0) return undefined;
    const isSame = JSON.stringify(owed) === JSON.stringify(undelivered);
    return Math.max(retryAt, at + (isSame ? CONFIRM_MS : LATE_MS));
  }
}

/** What is wrong, without how much. */
function kinds(owed: readonly Undelivered[]): string {
  return JSON.stringify(owed.map((each) => [receiverKey(each), each.dead > 0, each.waiting > 0]));
}
