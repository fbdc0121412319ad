import type { Page, PageQuery } from "../consumers/consumer-registry.ts";
import { page } from "../consumers/page.ts";
import { type ActLine, LINE_MS, MOST_LINES } from "./act-line.ts";
import { unitsOf } from "./events-body.ts";
import { IndexReport } from "./index-report.ts";
import {
  type Credit,
  type Discarded,
  type Discarding,
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
  type Settlement,
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
  readonly report: IndexReport;

  constructor(tables: MeterTables, chance: Chance) {
    this.#tables = tables;
    this.outbox = new Outbox(tables, chance);
    this.report = new IndexReport(tables, chance.random);
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
      for (const each of settled) this.#settle(each);
      this.#tables.putSession(session, sequence, now);
    });
    return "counted";
  }

  #settle({ id, charge }: Settlement): void {
    const reserved = this.#tables.reservation(id);
    this.#tables.dropReservation(id);
    const balance = this.#tables.balance();
    // Where the reservation has run out, others may have reserved the same units since: they come first.
    const most = reserved ?? Math.max(0, balance - this.#tables.reserved());
    const units = Math.min(charge, most);
    if (units > 0) this.#tables.putBalance(balance - units);
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
    return { ...this.credit(now), granted };
  }

  credit(now: number): Credit {
    this.#tables.dropReservations(now);
    return { balance: this.#tables.balance(), reserved: this.#tables.reserved() };
  }

  topUp({ units, once, actor, reason }: TopUp, now: number): Credit | "reused" {
    const known = this.#tables.lineOnce(once.key);
    if (known !== undefined && known !== once.fingerprint) return "reused";
    if (known === undefined) {
      this.#tables.atomically(() => {
        const balance = this.#tables.balance() + units;
        this.#tables.putBalance(balance);
        this.#tables.appendLine({ at: now, actor, reason, did: "credit", units, balance }, once);
        this.#tables.dropLines(now - LINE_MS, MOST_LINES);
      });
    }
    return this.credit(now);
  }

  /** Gives a dead batch up. The line that says so is written with it. */
  discard({ batch: id, actor, reason }: Discarding, now: number): Discarded {
    const batch = this.#tables.batch(id);
    if (batch === undefined) return "unknown";
    if (!batch.dead) return "on its way";
    const { upstream, path, at: made, last, body } = batch;
    this.#tables.atomically(() => {
      this.#tables.dropBatch(id);
      this.#tables.appendLine({
        at: now,
        actor,
        reason,
        did: "discard",
        batch: id,
        upstream,
        path,
        made,
        units: unitsOf(body),
        ...(last !== undefined && { last }),
      });
      this.#tables.dropLines(now - LINE_MS, MOST_LINES);
    });
    return "discarded";
  }

  /** What operators have done, the newest first. */
  lines({ after, limit }: PageQuery): Page<ActLine> {
    const before = after === undefined ? Number.MAX_SAFE_INTEGER : Number(after);
    return page(this.#tables.lines(before, limit + 1), limit, ({ number }) => String(number));
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
