import { beyond } from "./grant-size.ts";
import { add, spend } from "./lots.ts";
import { type Ask, type Grant, MOST_UNITS, type Reported } from "./message.ts";
import { noRate, type ObservedRate, observe, rateOf } from "./observed-rate.ts";
import { deadlineMs, type RoundTrip, answered as tripAnswered, unknownTrip } from "./round-trip.ts";

/** Tokens that may be spent until a moment of the isolate's own clock. */
export interface Lot {
  tokens: number;
  readonly expiresAt: number;
}

/** The ask that is under way. */
interface Pending {
  readonly id: number;
  readonly sentAt: number;
  readonly ask: Ask;
}

/** What one isolate holds of one counter. All times are ms by its own clock. */
export interface Lease {
  readonly windowMs: number;
  /** Units that may be owed at a time so that nobody waits; 0 where the limit is never to be exceeded. */
  readonly slack: number;
  /** In the order in which they expire. */
  lots: Lot[];
  /** When the last of all lots expires that there ever were. */
  lastExpiry: number;
  /** What expires by then may be out of date already, the clock having gone back: it is not taken back. */
  lapsedBy: number;
  /** The latest time seen. */
  now: number;
  pending: Pending | undefined;
  asked: number;
  /** Units that were used and not granted, and that the store has not confirmed. */
  owed: number;
  /** When the store was last told of it. */
  toldAt: number;
  /** Before this nothing is asked for: the store gave no answer. */
  downUntil: number;
  failures: number;
  /** Whether asking before the tokens run out has sense: not after an answer that brought none. */
  ahead: boolean;
  /**
   * What the store held after its last answer; and so many, which are more, it will not hold before a moment. Until then
   * what needs them is refused, and not asked for; the store has said so.
   */
  left: number;
  beyond: number;
  resetAt: number;
  /**
   * Whether the relay of the location is asked and no longer the key's store: once that has said to be crowded. It hears
   * of relays then, and could not tell when they serve few.
   */
  relayed: boolean;
  before: Reported | undefined;
  readonly arrivals: ObservedRate;
  readonly trip: RoundTrip;
}

/** What becomes of a request: it is let through, refused, waits for the ask under way, or the store is down. */
export type Verdict = "spend" | "refuse" | "wait" | "down";

/** A store that gave no answer is left alone for twice as long each time, and never longer than this, in ms. */
const LONGEST_PAUSE = 10_000;
/** A store that is empty is told no more often than this of what more has been used, in ms. */
const TELL = 1_000;

/**
 * @param windowMs over which the rate of arrivals is measured at most twice.
 * @param slack see {@link Lease.slack}.
 * @param relayed see {@link Lease.relayed}: true where many isolates are known to ask.
 */
export function openLease(windowMs: number, slack = 0, relayed = false): Lease {
  return {
    windowMs,
    slack,
    lots: [],
    lastExpiry: Number.NEGATIVE_INFINITY,
    lapsedBy: Number.NEGATIVE_INFINITY,
    now: Number.NEGATIVE_INFINITY,
    pending: undefined,
    asked: 0,
    owed: 0,
    toldAt: Number.NEGATIVE_INFINITY,
    downUntil: Number.NEGATIVE_INFINITY,
    failures: 0,
    ahead: true,
    left: 0,
    beyond: 1,
    resetAt: Number.NEGATIVE_INFINITY,
    relayed,
    before: undefined,
    arrivals: noRate(),
    trip: unknownTrip(),
  };
}

/** Counts a request that arrives and says what becomes of it. @param cost in units, from 1 */
export function arrive(lease: Lease, now: number, cost = 1): Verdict {
  see(lease, now);
  observe(lease.arrivals, now, lease.windowMs, cost);
  return settle(lease, now, cost);
}

/** What becomes now of a request that waited. */
export function settle(lease: Lease, now: number, cost = 1): Verdict {
  see(lease, now);
  if (spend(lease.lots, cost, now)) return "spend";
  if (isShort(lease, cost, now)) return "refuse";
  if (now < lease.downUntil) return "down";
  // Not after an answer that brought nothing: what is owed then might never be there.
  if (lease.ahead && lease.owed + cost <= lease.slack) {
    lease.owed += cost;
    return "spend";
  }
  return "wait";
}

/** Whether the store has said that it does not hold what is missing of so many units yet. */
export function isShort(lease: Lease, units: number, now: number): boolean {
  return now < lease.resetAt && units - holding(lease, now) >= lease.beyond;
}

/**
 * What to ask the store now, if anything: where requests wait, where something is owed, or where what is held will be
 * spent within a round trip. One ask is under way at a time.
 * @param waiting units that requests wait for.
 * @param least how many of them one request waits for, at least
 */
export function nextAsk(
  lease: Lease,
  now: number,
  waiting: number,
  least = 1,
): { id: number; ask: Ask } | undefined {
  const { pending, owed } = lease;
  if (pending !== undefined || now < lease.downUntil) return undefined;
  const empty = waiting > 0 ? isShort(lease, least, now) : lease.left === 0 && now < lease.resetAt;
  if (empty && (owed === 0 || now < lease.toldAt + TELL)) return undefined;
  const observed = rateOf(lease.arrivals, now);
  const held = holding(lease, now);
  const soon = Math.floor(observed.rate * lease.trip.mean);
  if (waiting === 0 && owed === 0 && (held >= soon || !lease.ahead)) return undefined;
  const id = ++lease.asked;
  if (owed > 0) lease.toldAt = now;
  // Where one request costs several units, what is held is part of what it waits for.
  const want = Math.min(MOST_UNITS, Math.max(0, waiting - held));
  const ask = { want, least, owed, ...observed, held, before: lease.before };
  lease.pending = { id, sentAt: now, ask };
  return { id, ask };
}

/** Takes what the store has granted. An answer that is late, comes twice or was not asked for changes nothing. */
export function answered(lease: Lease, id: number, granted: Grant, now: number): void {
  see(lease, now);
  const { pending } = lease;
  if (pending === undefined || pending.id !== id) return;
  const { tokens, left, period } = granted;
  lease.pending = undefined;
  lease.failures = 0;
  const { ask } = pending;
  lease.owed = Math.max(0, lease.owed - ask.owed);
  lease.ahead = tokens > 0;
  lease.left = left;
  lease.beyond = beyond(ask, tokens, left);
  lease.before = { period, rate: ask.rate };
  if (granted.crowded && !lease.relayed) {
    lease.relayed = true;
    // The relay has not heard it.
    lease.before = undefined;
  }
  tripAnswered(lease.trip, now - pending.sentAt);
  const expiresAt = pending.sentAt + granted.ttlMs;
  if (tokens > 0 && now < expiresAt) {
    add(lease.lots, tokens, expiresAt);
    lease.lastExpiry = Math.max(lease.lastExpiry, expiresAt);
  }
  // It speaks at least for those who wait at this moment.
  lease.resetAt = Math.max(now + 1, pending.sentAt + granted.resetMs);
}

/** The store has given no answer by {@link askDeadlineMs}, or has failed. What it answers later is not taken. */
export function failed(lease: Lease, id: number, now: number): void {
  see(lease, now);
  if (lease.pending?.id !== id) return;
  lease.pending = undefined;
  // What it was told is not known, so the next ask tells it as if for the first time. And it may be the relay that fails.
  lease.before = undefined;
  lease.relayed = false;
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

/**
 * Until when what is spent next may be spent, as {@link giveBack} needs to know: undefined where nothing is held.
 * Where several lots are needed, the earliest holds.
 */
export function expiryOf({ lots }: Lease, now: number): number | undefined {
  for (const { expiresAt } of lots) if (now < expiresAt) return expiresAt;
  return undefined;
}

/** Gives back what a request took and did not use. It may be spent no longer than before. */
export function giveBack(lease: Lease, units: number, expiresAt: number, now: number): void {
  see(lease, now);
  if (now < expiresAt && expiresAt > lease.lapsedBy) add(lease.lots, units, expiresAt);
}

/**
 * Charges units that have been used: what is held pays for them, and the rest is owed. No more is owed than can be told:
 * that is many times what any limit allows.
 */
export function charge(lease: Lease, units: number, now: number): void {
  see(lease, now);
  observe(lease.arrivals, now, lease.windowMs, units);
  const held = Math.min(units, holding(lease, now));
  spend(lease.lots, held, now);
  lease.owed = Math.min(MOST_UNITS, lease.owed + units - held);
}

/** A clock that goes back could lengthen a lease: everything that depends on it is given up. */
function see(lease: Lease, now: number): void {
  if (now < lease.now) {
    lease.lots.length = 0;
    lease.lapsedBy = lease.lastExpiry;
    lease.pending = undefined;
    lease.resetAt = Number.NEGATIVE_INFINITY;
    lease.downUntil = Number.NEGATIVE_INFINITY;
    lease.toldAt = Number.NEGATIVE_INFINITY;
    Object.assign(lease.arrivals, noRate());
  }
  lease.now = now;
}
