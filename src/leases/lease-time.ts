/** A lease is at least so long, in ms: no answer is waited for any longer. */
const SHORTEST = 1_000;
/** And no longer than this: nobody waits for hours for what another isolate has forgotten that it holds. */
export const LONGEST_LEASE_MS = 5 * 60_000;
/** The longest that an isolate which was refused does not ask again, in ms: one message a second is no load. */
const PAUSE = 1_000;

/** How long tokens may be spent that count for longer than their lease: an eighth of the time in which all come back. */
export function leaseMs(refillMs: number): number {
  return Math.min(LONGEST_LEASE_MS, Math.max(SHORTEST, Math.ceil(refillMs / 8)));
}

/**
 * How long an isolate that was refused does not ask again, where tokens come back one by one: a 60th of a window, and
 * never more than a second. What comes back meanwhile is there for who asks next.
 */
export function pauseMs(windowMs: number): number {
  return Math.min(PAUSE, Math.ceil(windowMs / 60));
}
