import type { Ask, Grant, Reported } from "./message.ts";
import { noRate, type ObservedRate, observe, rateOf } from "./observed-rate.ts";
import { deadlineMs, type RoundTrip, answered as tripAnswered, unknownTrip } from "./round-trip.ts";

/** Tokens that may be spent until a moment of the isolate's own clock. */
interface Lot {
  tokens: number;
  expiresAt: number;
}

/** The ask that is under way. */
interface Pending {
  readonly id: number;
  readonly sentAt: number;
  readonly told: number;
}

/** What one isolate holds of one counter. All times are ms by its own clock. */
export interface Lease {
  readonly windowMs: number;
  /** Spent from the first on. */
  lots: Lot[];
  /** The latest time seen. */
  now: number;
  pending: Pending | undefined;
  asked: number;
  /** Before this nothing is asked for, and what finds no token is refused; the store has said so. */
  emptyUntil: number;
  /** Before this nothing is asked for: the store gave no answer. */
  downUntil: number;
  failures: number;
  /** Whether asking before the tokens run out has sense: not after an answer that brought none. */
  ahead: boolean;
  before: Reported | undefined;
  readonly arrivals: ObservedRate;
  readonly trip: RoundTrip;
}

/** What becomes of a request: it is let through, refused, waits for the ask under way, or the store is down. */
export type Verdict = "spend" | "refuse" | "wait" | "down";

/** A store that gave no answer is left alone for twice as long each time, and never longer than this, in ms. */
const LONGEST_PAUSE = 10_000;

/** @param windowMs over which the rate of arrivals is measured at most twice. */
export function openLease(windowMs: number): Lease {
  return {
    windowMs,
    lots: [],
    now: Number.NEGATIVE_INFINITY,
    pending: undefined,
    asked: 0,
    emptyUntil: Number.NEGATIVE_INFINITY,
    downUntil: Number.NEGATIVE_INFINITY,
    failures: 0,
    ahead: true,
    before: undefined,
    arrivals: noRate(),
    trip: unknownTrip(),
  };
}

/** Counts a request that arrives and says what becomes of it. */
export function arrive(lease: Lease, now: number): Verdict {
  see(lease, now);
  observe(lease.arrivals, now, lease.windowMs);
  return settle(lease, now);
}

/** What becomes now of a request that waited. */
export function settle(lease: Lease, now: number): Verdict {
  see(lease, now);
  const { lots } = lease;
  for (let lot = lots[0]; lot !== undefined; lot = lots[0]) {
    if (lot.tokens > 0 && now < lot.expiresAt) {
      lot.tokens--;
      return "spend";
    }
    lots.shift();
  }
  if (now < lease.emptyUntil) return "refuse";
  return now < lease.downUntil ? "down" : "wait";
}

/**
 * What to ask the store now, if anything: where requests wait, or where what is held will be spent within a round trip.
 * One ask is under way at a time.
 * @param waiting requests that wait.
 */
export function nextAsk(lease: Lease, now: number, waiting: number): { id: number; ask: Ask } | undefined {
  if (lease.pending !== undefined || now < lease.emptyUntil || now < lease.downUntil) return undefined;
  const observed = rateOf(lease.arrivals, now);
  const held = holding(lease, now);
  const soon = Math.floor(observed.rate * lease.trip.mean);
  if (waiting === 0 && (held >= soon || !lease.ahead)) return undefined;
  const id = ++lease.asked;
  lease.pending = { id, sentAt: now, told: observed.rate };
  return { id, ask: { want: waiting, ...observed, held, before: lease.before } };
}

/** Takes what the store has granted. An answer that is late, comes twice or was not asked for changes nothing. */
export function answered(
  lease: Lease,
  id: number,
  { tokens, ttlMs, retryAfterMs, period }: Grant,
  now: number,
): void {
  see(lease, now);
  const { pending } = lease;
  if (pending === undefined || pending.id !== id) return;
  lease.pending = undefined;
  lease.failures = 0;
  lease.ahead = tokens > 0;
  lease.before = { period, rate: pending.told };
  tripAnswered(lease.trip, now - pending.sentAt);
  const expiresAt = pending.sentAt + ttlMs;
  if (tokens > 0 && now < expiresAt) lease.lots.push({ tokens, expiresAt });
  // It speaks at least for those who wait at this moment.
  if (retryAfterMs > 0) lease.emptyUntil = Math.max(now + 1, pending.sentAt + retryAfterMs);
}

/** The store has given no answer by {@link askDeadlineMs}, or has failed. What it answers later is not taken. */
export function failed(lease: Lease, id: number, now: number): void {
  see(lease, now);
  if (lease.pending?.id !== id) return;
  lease.pending = undefined;
  // What it was told is not known, so the next ask tells it as if for the first time.
  lease.before = undefined;
  const pause = deadlineMs(lease.trip) * 2 ** lease.failures++;
  lease.downUntil = now + Math.min(LONGEST_PAUSE, pause);
}

/** How long to wait for the answer to an ask, in ms: at most a second. */
export function askDeadlineMs({ trip }: Lease): number {
  return deadlineMs(trip);
}

/** Tokens that can be spent at `now`. */
export function holding({ lots }: Lease, now: number): number {
  let held = 0;
  for (const { tokens, expiresAt } of lots) if (now < expiresAt) held += tokens;
  return held;
}

/** A clock that goes back could lengthen a lease: everything that depends on it is given up. */
function see(lease: Lease, now: number): void {
  if (now < lease.now) {
    lease.lots.length = 0;
    lease.pending = undefined;
    lease.emptyUntil = Number.NEGATIVE_INFINITY;
    lease.downUntil = Number.NEGATIVE_INFINITY;
    Object.assign(lease.arrivals, noRate());
  }
  lease.now = now;
}
