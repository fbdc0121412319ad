import { nextTry } from "../quotas/retries.ts";
import { type Call, judge, type SignalState } from "./judge.ts";
import { levelOf, type Observed, observe } from "./observe.ts";
import type { Signal, SignalReport, SignalTerms, Thresholds } from "./signal-store.ts";

/** What is kept of one upstream, in one piece: a decision and its signal are written together or not at all. */
export interface SignalRecord {
  readonly upstream: string;
  readonly terms: SignalTerms;
  /** How often isolates tell, in ms. */
  readonly pace: number;
  readonly state?: SignalState | undefined;
  readonly signal?: Signal | undefined;
}

/** Where that is kept. Answers at once. */
export interface SignalTable {
  read(): SignalRecord | undefined;
  write(record: SignalRecord): void;
  clear(): void;
}

/** How often isolates tell, in ms: so often … */
export const PACE_MS = 5_000;
/** … unless there are so many that one object would be asked more than once in so many ms. */
const BETWEEN_REPORTS_MS = 10;
/** Never less often: the platform ends what a request leaves behind after half a minute. */
const SLOWEST_PACE_MS = 20_000;
/** A report that comes this late is not missed yet, in ms. */
const LATE_MS = 1_000;
/** One report changes little: it is judged this often, in ms, at most. */
const JUDGED_EVERY_MS = 1_000;
/** Where nobody tells any more, it is looked this often, in ms, while there is something to decide. */
const LOOKED_EVERY_MS = 15_000;
/** That nothing has changed is written down this often, in ms. */
const WRITTEN_EVERY_MS = 10_000;

interface Fresh extends SignalReport {
  /** Until when it says how it is. */
  readonly until: number;
}

/**
 * One upstream as its isolates see it, and what was decided of it. Reports are kept in memory alone: they are of these
 * seconds, and the next ones are on their way.
 */
export class SignalBook {
  readonly #table: SignalTable;
  readonly #newId: () => string;
  readonly #reports = new Map<string, Fresh>();
  #record: SignalRecord | undefined;
  /** The record's state as it was written last. */
  #written: SignalState | undefined;
  /** Before this not all have told again, so it cannot be said that there is not too much: what went on goes on. */
  #blindUntil = 0;
  #judgedAt = Number.NEGATIVE_INFINITY;

  /** @param now ms since the epoch, as in all that follows */
  constructor(table: SignalTable, newId: () => string, now: number) {
    this.#table = table;
    this.#newId = newId;
    this.#record = table.read();
    this.#written = this.#record?.state;
    if (this.#record !== undefined) this.#blindUntil = now + holdsFor(this.#record.pace);
  }

  /** See `SignalStore.report`. */
  report(upstream: string, terms: SignalTerms, report: SignalReport, now: number): number {
    const pace = Math.min(SLOWEST_PACE_MS, Math.max(PACE_MS, this.#reports.size * BETWEEN_REPORTS_MS));
    this.#reports.set(report.isolate, { ...report, until: now + holdsFor(pace) });
    this.#record = { ...this.#record, upstream, terms, pace };
    if (Math.abs(now - this.#judgedAt) >= JUDGED_EVERY_MS) this.look(now);
    return pace;
  }

  /** Judges by what was told lately. */
  look(now: number): void {
    const record = this.#record;
    if (record === undefined) return;
    this.#judgedAt = now;
    for (const [isolate, { until }] of this.#reports) if (until <= now) this.#reports.delete(isolate);
    const observed = observe(this.#reports.values());
    const level = levelOf(observed, record.terms);
    if (now < this.#blindUntil && level.above.length === 0) return;
    const { state, call } = judge(record.state, level, record.terms, now);
    const signal =
      call === undefined ? record.signal : this.#signal(call, level.above, observed, record, now);
    const next = { ...record, state, signal };
    if (call !== undefined || !isSame(state, this.#written) || isOutdated(this.#written, now)) {
      this.#write(next);
    } else this.#record = next;
  }

  /** The signal that is to be sent now. */
  due(now: number): Signal | undefined {
    const signal = this.#record?.signal;
    return signal !== undefined && signal.due <= now ? signal : undefined;
  }

  /** A signal has arrived: its period begins. */
  sent(id: string, now: number): void {
    const record = this.#record;
    if (record?.signal?.id !== id) return;
    const { state = { raised: false, judgedAt: now } } = record;
    this.#write({ ...record, signal: undefined, state: { ...state, calledAt: now } });
  }

  /** A signal has not arrived. @returns whether it is tried again */
  unsent({ id }: Signal, now: number): boolean {
    const record = this.#record;
    const signal = record?.signal;
    if (record === undefined || signal?.id !== id) return false;
    const tries = signal.tries + 1;
    const due = nextTry(tries, signal.at, now);
    this.#write({ ...record, signal: due === undefined ? undefined : { ...signal, tries, due } });
    return due !== undefined;
  }

  /** When there is something to do though nobody tells anything; undefined where there is not. */
  wakeAt(now: number): number | undefined {
    const record = this.#record;
    if (record === undefined) return undefined;
    const { state, signal, terms } = record;
    const idle = state !== undefined && !state.raised && state.aboveSince === undefined;
    const look = idle ? (state.calledAt ?? now) + terms.every : now + LOOKED_EVERY_MS;
    if (signal === undefined) return state === undefined ? undefined : look;
    return state === undefined ? signal.due : Math.min(signal.due, look);
  }

  /** What has not arrived gives way to what is so now: who was told neither needs the last one only. */
  #signal(
    { type, since }: Call,
    above: ReadonlyArray<keyof Thresholds>,
    observed: Observed,
    { upstream, terms }: SignalRecord,
    now: number,
  ): Signal {
    const id = this.#newId();
    const { inFlight, latency, shedRate } = terms.above;
    const body = JSON.stringify({
      id,
      type,
      at: new Date(now).toISOString(),
      upstream,
      since: new Date(since).toISOString(),
      above,
      observed: {
        inFlight: rounded(observed.inFlight),
        callsPerSecond: rounded(observed.callsPerSecond),
        meanMs: rounded(observed.meanMs),
        ...(latency !== undefined && { slow: rounded(observed.slow) }),
        shedRate: rounded(observed.shedRate),
        isolates: observed.isolates,
      },
      thresholds: { inFlight, latencyMs: latency, shedRate },
    });
    return { ...terms.to, id, body, at: now, tries: 0, due: now };
  }

  /** What cannot be written is not so. */
  #write(record: SignalRecord): void {
    const { state, signal } = record;
    if (state === undefined && signal === undefined) this.#table.clear();
    else this.#table.write(record);
    this.#record = record;
    this.#written = state;
  }
}

/** How long an isolate's report says how it is, in ms. */
function holdsFor(pace: number): number {
  return 2 * pace + LATE_MS;
}

/** Whether something goes on of which too little is written down for it to go on after a restart. */
function isOutdated(written: SignalState | undefined, now: number): boolean {
  if (written?.aboveSince === undefined && written?.belowSince === undefined) return false;
  return now - written.judgedAt >= WRITTEN_EVERY_MS;
}

/** Whether nothing but time has passed. */
function isSame(a: SignalState | undefined, b: SignalState | undefined): boolean {
  return (
    a?.raised === b?.raised &&
    a?.aboveSince === b?.aboveSince &&
    a?.belowSince === b?.belowSince &&
    a?.calledAt === b?.calledAt
  );
}

/** To thousandths. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
