import { type Calendar, periodAt } from "../../calendar/period.ts";
import { isoIn } from "../../calendar/zone.ts";
import { count, isReleasable, type QuotaState, RELEASABLE, released, setUsed, stateAt } from "./count.ts";
import {
  LINE_MS,
  MOST_LINES,
  type QuotaAct,
  type QuotaAsk,
  type QuotaGrant,
  type QuotaLine,
  type QuotaRecord,
  type QuotaSet,
  type QuotaUsage,
  type Warning,
  type Warnings,
} from "./quota-store.ts";
import { nextTry } from "./retries.ts";
import type { QuotaTables } from "./tables.ts";

/** How long a counter whose period is over is kept, in ms: a day, for whoever looks back. */
const KEPT_MS = 86_400_000;
/** Most warnings that wait: where nobody listens to them for months, the oldest are given up. */
const MOST_WARNINGS = 100;

/** One counter over its tables: what `QuotaStore` says of each key, with the clock passed in. */
export class QuotaBook {
  readonly #tables: QuotaTables;
  readonly #newId: () => string;
  #state: QuotaState | undefined;
  /** Whether {@link wakeAt} may say something new: it is asked no more often, for it reads. */
  replan = false;

  constructor(tables: QuotaTables, newId: () => string) {
    this.#tables = tables;
    this.#newId = newId;
    this.#state = tables.state();
    this.replan = tables.warnings().length > 0;
  }

  take(ask: QuotaAsk, now: number): QuotaGrant {
    const before = stateAt(this.#state, ask, now);
    const { allowed, state, passed } = count(before, ask);
    if (allowed) {
      this.#tables.atomically(() => {
        this.#put(state);
        if (state.settled !== this.#state?.settled) this.#tables.dropReleased(state.settled);
        for (const share of passed) this.#warn(share, state, ask, now);
      });
      this.replan ||= passed.length > 0 || state.end !== this.#state?.end;
      this.#state = state;
    }
    const { used, start, end, taken } = state;
    return { allowed, used, period: { start, end }, resetMs: end - now, taken: allowed ? taken : 0 };
  }

  release(taken: number, cost: number): void {
    const state = this.#state;
    if (state === undefined || !isReleasable(state, taken) || this.#tables.isReleased(taken)) return;
    const after = released(state, cost);
    this.#tables.atomically(() => {
      this.#put(after);
      this.#tables.putReleased(taken);
      this.#tables.dropReleased(state.taken - RELEASABLE);
    });
    this.#state = after;
  }

  usage(calendar: Calendar, now: number): QuotaUsage {
    const state = this.#state;
    if (state === undefined || state.end <= now) return { used: 0, period: periodAt(calendar, now) };
    return { used: state.used, period: { start: state.start, end: state.end } };
  }

  record(now: number): QuotaRecord | undefined {
    if (this.#state === undefined) return undefined;
    const { used, start, end, limit, calendar } = stateAt(this.#state, this.#state, now);
    return { used, period: { start, end }, limit, zone: calendar.zone };
  }

  set(used: number, { actor, reason, once }: QuotaAct, now: number): QuotaSet {
    const known = once && this.#tables.lineOnce(once.key);
    if (known !== undefined && known.fingerprint !== once?.fingerprint) return { fault: "reused" };
    if (this.#state === undefined) return { fault: "unknown" };
    if (known === undefined) {
      const before = stateAt(this.#state, this.#state, now);
      const after = setUsed(before, used, now);
      this.#tables.atomically(() => {
        this.#put(after);
        const line = { at: now, actor, reason, before: before.used, after: used };
        const number = this.#tables.appendLine({ ...line, ...(once !== undefined && { once }) });
        this.#tables.dropLines(number - MOST_LINES, now - LINE_MS);
      });
      this.#state = after;
      this.replan = true;
    }
    return { record: this.record(now)! };
  }

  lines(): readonly QuotaLine[] {
    return this.#tables.lines();
  }

  /** The warnings that are to be sent now. */
  due(now: number): Warning[] {
    return this.#tables.warnings().filter(({ due }) => due <= now);
  }

  /** A warning has arrived. */
  sent(id: string): void {
    this.#tables.dropWarning(id);
  }

  /** A warning has not arrived. @returns when it is tried again; undefined where it is given up */
  unsent(warning: Warning, now: number): number | undefined {
    const tries = warning.tries + 1;
    const due = nextTry(tries, warning.at, now);
    if (due === undefined) this.#tables.dropWarning(warning.id);
    else this.#tables.putWarning({ ...warning, tries, due });
    return due;
  }

  /** When there is something to do, in ms since the epoch; undefined where nothing is kept. */
  wakeAt(): number | undefined {
    this.replan = false;
    if (this.#state === undefined) return undefined;
    const [first] = this.#tables.warnings();
    return Math.min(first?.due ?? Number.POSITIVE_INFINITY, this.#keptUntil());
  }

  /** Forgets everything where nothing of it matters any more. @returns whether it has */
  forget(now: number): boolean {
    if (this.#state === undefined) return true;
    if (now < this.#keptUntil() || this.#tables.warnings().length > 0) return false;
    this.#tables.clear();
    this.#state = undefined;
    return true;
  }

  #keptUntil(): number {
    const [newest] = this.#tables.lines();
    return Math.max((this.#state?.end ?? 0) + KEPT_MS, newest === undefined ? 0 : newest.at + LINE_MS);
  }

  #put(state: QuotaState): void {
    this.#tables.putState(state);
  }

  #warn(share: number, state: QuotaState, { quota, warnings }: QuotaAsk, now: number): void {
    if (warnings?.to === undefined) return;
    const waiting = this.#tables.warnings();
    if (waiting.length >= MOST_WARNINGS) this.#tables.dropWarning(waiting[0]!.id);
    const id = this.#newId();
    const body = JSON.stringify({ id, ...messageOf(share, state, quota, warnings, now) });
    this.#tables.putWarning({ ...warnings.to, id, body, tries: 0, due: now, at: now });
  }
}

function messageOf(
  share: number,
  { used, limit, start, end, calendar: { zone } }: QuotaState,
  quota: string,
  { counted }: Warnings,
  now: number,
): object {
  return {
    type: "quota.threshold-passed",
    at: new Date(now).toISOString(),
    quota,
    counted,
    threshold: share / 1_000,
    used,
    limit,
    period: { start: isoIn(start, zone), end: isoIn(end, zone), timeZone: zone },
  };
}
