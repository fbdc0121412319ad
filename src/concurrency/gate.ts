import { type Ask, type Grant, LEASE_MS } from "../stores/permits/permit-store.ts";

/** What a gate goes by. */
export interface GateTerms {
  /** How many may be inside at once: a whole number from 1. */
  readonly limit: number;
  /** How many may wait where there is no room. */
  readonly queue: number;
  /** How long, in ms. */
  readonly wait: number;
  /** Whether the limit holds for all isolates together: then permits are asked for. */
  readonly shared: boolean;
}

/** What came of wanting in: inside; no room, or not in time; the store of permits did not answer. */
export type Turn = "in" | "full" | "failed";

/** Somebody who wants in, is in, or was. */
export interface Visit {
  /** Undefined while it waits. */
  turn: Turn | undefined;
  /** After this it is taken for lost, in ms since the epoch: a request may end without a word. */
  aliveUntil: number;
  /** Since when it waits for room, rather than for what the store says. */
  queuedAt: number | undefined;
  /** It may have come to a turn, or is to look again when it is to give up. */
  wake: () => void;
}

/** An isolate stops going by a lease this long before the store does: its clock stands still between I/O. */
const MARGIN_MS = 2_000;
/** How often a lease in use is renewed. */
export const HEARTBEAT_MS = LEASE_MS / 3;
/** After this an ask is taken for lost with the request that sent it. Above the store's own bound. */
const LOST_MS = 2_000;
/** How often the lost are looked for, at most. */
const SWEEP_MS = 1_000;

/** An ask that is under way. */
interface Pending {
  readonly sequence: number;
  readonly sentAt: number;
  readonly need: number;
}

/**
 * Lets only so many in at once. One isolate's door to one limit: who finds no room waits in line, and where the limit is
 * shared by all isolates, it lets in no more than it holds permits for. No I/O: whoever has it sends what {@link ask}
 * says. All times are ms since the epoch.
 */
export class Gate {
  readonly #terms: GateTerms;
  readonly #inside = new Set<Visit>();
  #waiting: Visit[] = [];
  #permits = 0;
  /** Until when it goes by its permits. */
  #validUntil = 0;
  #grant: Pick<Grant, "contended" | "spare"> = { contended: false, spare: 0 };
  #pending: Pending | undefined;
  #askedAt = 0;
  /** Before this the store has no more to give. */
  #retryAt = 0;
  #sweptAt = 0;

  constructor(terms: GateTerms) {
    this.#terms = terms;
  }

  get inside(): number {
    return this.#inside.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether nothing would be lost with it. */
  isIdle(now: number): boolean {
    return this.#inside.size + this.#waiting.length === 0 && (this.#permits === 0 || now >= this.#validUntil);
  }

  /** Somebody wants in. Its turn is known at once, or it waits. */
  enter(visit: Visit, now: number): void {
    const { limit, queue, shared } = this.#terms;
    if (this.#room(now) <= 0) this.#sweep(now);
    if (this.#waiting.length === 0 && this.#room(now) > 0) {
      this.#admit(visit);
      return;
    }
    const known = !shared || now < this.#retryAt;
    const hopeful = known ? 0 : Math.max(0, limit - this.#inside.size);
    if (this.#waiting.length >= queue + hopeful) {
      visit.turn = "full";
      return;
    }
    if (hopeful === 0) visit.queuedAt = now;
    this.#waiting.push(visit);
  }

  /** Somebody goes, whether inside or still waiting. Who has gone before is not missed. */
  leave(visit: Visit, now: number): void {
    if (this.#inside.delete(visit)) this.#admitWaiting(now);
    else this.#waiting = this.#waiting.filter((each) => each !== visit);
  }

  /** One that waits looks at the clock, and gives up where it is time. */
  look(visit: Visit, now: number): void {
    if (visit.turn !== undefined || now < this.#givesUpAt(visit)) return;
    this.leave(visit, now);
    visit.turn = "full";
  }

  /** When one that waits is to look again, though nobody wakes it. */
  looksAgainAt(visit: Visit): number {
    const givesUp = this.#givesUpAt(visit);
    if (!this.#terms.shared) return givesUp;
    const pending = this.#pending;
    return Math.min(givesUp, pending === undefined ? this.#retryAt : pending.sentAt + LOST_MS);
  }

  /** What is to be sent to the store now, if anything. @param sequence grows with every ask that is sent */
  ask(sequence: number, now: number): Omit<Ask, "holder"> | undefined {
    const { limit, shared } = this.#terms;
    if (!shared || (this.#pending !== undefined && now < this.#pending.sentAt + LOST_MS)) return undefined;
    const need = Math.min(limit, this.#inside.size + this.#waiting.length);
    const most = Math.min(limit, this.#most(need));
    const permits = now < this.#validUntil ? this.#permits : 0;
    const short = this.#waiting.length > 0 && need > permits && now >= this.#retryAt;
    const due = need > 0 && now >= this.#askedAt + HEARTBEAT_MS;
    const { contended, spare } = this.#grant;
    // What comes and goes would cost a call each, so as many may be idle as are in use, where nobody is short of them.
    const kept = contended || need === 0 ? most : most + Math.ceil(need / 2) + spare;
    if (!short && !due && permits <= kept) return undefined;
    this.#pending = { sequence, sentAt: now, need };
    this.#askedAt = now;
    // The store may go by this ask before its answer is here.
    this.#permits = Math.min(permits, need);
    return { sequence, limit, need, most };
  }

  /** The store's answer to an ask. One that comes after another was sent says nothing. */
  answered(sequence: number, grant: Grant, now: number): void {
    const pending = this.#pending;
    if (pending?.sequence !== sequence) return;
    this.#pending = undefined;
    this.#permits = grant.granted;
    this.#grant = grant;
    this.#validUntil = pending.sentAt + LEASE_MS - MARGIN_MS;
    const short = grant.granted < pending.need;
    this.#retryAt = short ? now + grant.retryMs : now;
    this.#admitWaiting(now);
    if (short) this.#turnAway(now);
  }

  /** An ask has come to nothing. Who waits is told: whether that lets it in is for the limit to say. */
  failed(sequence: number): void {
    if (this.#pending?.sequence !== sequence) return;
    this.#pending = undefined;
    for (const visit of this.#waiting.splice(0)) {
      visit.turn = "failed";
      visit.wake();
    }
  }

  #room(now: number): number {
    const { limit, shared } = this.#terms;
    const most = shared ? (now < this.#validUntil ? this.#permits : 0) : limit;
    return most - this.#inside.size;
  }

  /** What it would like to have. */
  #most(need: number): number {
    const { contended, spare } = this.#grant;
    return contended ? need : need + Math.ceil(need / 2) + spare;
  }

  #givesUpAt({ queuedAt, aliveUntil }: Visit): number {
    return queuedAt === undefined ? aliveUntil : Math.min(aliveUntil, queuedAt + this.#terms.wait);
  }

  #admit(visit: Visit): void {
    visit.turn = "in";
    this.#inside.add(visit);
  }

  #admitWaiting(now: number): void {
    while (this.#waiting.length > 0 && this.#room(now) > 0) {
      const visit = this.#waiting.shift()!;
      if (now < this.#givesUpAt(visit)) this.#admit(visit);
      else visit.turn = "full";
      visit.wake();
    }
  }

  /** There is no room for now: the first in line stay, as many as may wait. */
  #turnAway(now: number): void {
    for (const visit of this.#waiting.splice(this.#terms.queue)) {
      visit.turn = "full";
      visit.wake();
    }
    for (const visit of this.#waiting) {
      visit.queuedAt ??= now;
      visit.wake();
    }
  }

  /** Lets go of who has been lost with its request. */
  #sweep(now: number): void {
    if (now < this.#sweptAt + SWEEP_MS) return;
    this.#sweptAt = now;
    for (const visit of this.#inside) if (visit.aliveUntil <= now) this.#inside.delete(visit);
    this.#waiting = this.#waiting.filter((visit) => visit.aliveUntil > now);
    this.#admitWaiting(now);
  }
}
