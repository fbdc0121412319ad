import {
  type Credit,
  type Flush,
  type FlushOutcome,
  KEPT_HOURS,
  type MeterLine,
  MOST_SESSIONS,
  MOST_SETS,
  MOST_SHOWN,
  type OutboxState,
  OVERFLOW,
  RESERVED_MS,
  SESSION_MS,
  type TopUp,
  type Usage,
  type UsageQuery,
} from "./meter-store.ts";
import { type Chance, Outbox } from "./outbox.ts";
import type { MeterTables } from "./tables.ts";

const MINUTES = 60;
const HOUR_MS = 3_600_000;

/** One consumer over its tables: what `MeterStore` says of each, with the clock passed in. */
export class MeterBook {
  readonly #tables: MeterTables;
  readonly outbox: Outbox;

  constructor(tables: MeterTables, chance: Chance) {
    this.#tables = tables;
    this.outbox = new Outbox(tables, chance);
  }

  /** Whose it is; empty where nothing was ever counted. */
  subject(): string {
    return this.#tables.subject();
  }

  open(subject: string, now: number): number {
    return this.#tables.atomically(() => {
      this.#tables.putSubject(subject);
      this.#tables.dropSessions(now - SESSION_MS, MOST_SESSIONS - 1);
      this.#tables.dropUsage(Math.floor(now / HOUR_MS) - KEPT_HOURS);
      return this.#tables.addSession(now);
    });
  }

  /**
   * A session's flushes come in order and are sent again until they are known to have arrived, so the number of the last
   * one tells all. A session that is forgotten never comes back: a flush of it is told from a new one for ever.
   */
  flush({ session, sequence, to, lines, settled }: Flush, now: number): FlushOutcome {
    const last = this.#tables.session(session);
    if (last === undefined) return "forgotten";
    if (sequence <= last) return "known";
    this.#tables.atomically(() => {
      for (const line of lines) this.#count(line, to[line.to]!, now);
      for (const { id, charge } of settled) {
        this.#tables.dropReservation(id);
        if (charge > 0) this.#tables.putBalance(this.#tables.balance() - charge);
      }
      this.#tables.putSession(session, sequence, now);
    });
    return "counted";
  }

  #count(line: MeterLine, to: Flush["to"][number], now: number): void {
    const { event, minute, value, count } = line;
    const hour = Math.floor(minute / MINUTES);
    const isNew = !this.#tables.hasSet(event, hour, line.dimensions);
    const dimensions = isNew && this.#tables.sets(event, hour) >= MOST_SETS ? OVERFLOW : line.dimensions;
    this.#tables.addPending(to, { event, dimensions, minute, value, count }, now);
    this.#tables.addUsage({ event, dimensions, hour, value, count });
  }

  reserve(id: string, units: number, now: number): Credit & { readonly granted: boolean } {
    const granted = this.#tables.atomically(() => {
      this.#tables.dropReservations(now);
      if (this.#tables.reservation(id) !== undefined) return true;
      if (this.#tables.balance() - this.#tables.reserved() < units) return false;
      this.#tables.putReservation(id, units, now + RESERVED_MS);
      return true;
    });
    return { ...this.credit(), granted };
  }

  credit(): Credit {
    return { balance: this.#tables.balance(), reserved: this.#tables.reserved() };
  }

  topUp({ units, once, ...more }: TopUp, now: number): Credit | "reused" {
    const known = this.#tables.topUp(once.key);
    if (known !== undefined && known !== once.fingerprint) return "reused";
    if (known === undefined) {
      this.#tables.atomically(() => {
        this.#tables.putTopUp(once.key, once.fingerprint, JSON.stringify({ at: now, units, ...more }));
        this.#tables.putBalance(this.#tables.balance() + units);
      });
    }
    return this.credit();
  }

  usage(query: UsageQuery): Usage[] {
    return this.#tables.usage(query);
  }

  outboxState(): OutboxState {
    const batches = this.#tables.states(MOST_SHOWN);
    return {
      gathering: this.#tables.pendingCount(),
      batches: batches.map(({ id, upstream, path, events, at, tries, due, dead, last }) => ({
        id,
        upstream,
        path,
        events,
        at,
        tries,
        ...(!dead && { due }),
        ...(last !== undefined && { last }),
      })),
    };
  }
}
