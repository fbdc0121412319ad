/** A lease is at least so long, in ms: no answer is waited for any longer. */
const SHORTEST = 1_000;

/** How long tokens may be spent that count for longer than their lease: an eighth of the time in which all come back. */
export function leaseMs(refillMs: number): number {
  return Math.max(SHORTEST, Math.ceil(refillMs / 8));
}

/**
 * How long an isolate that was refused does not ask again, where tokens come back one by one: a 60th of a window, so that
 * refusals cost no more than one message a second and isolate in a window of a minute. What comes back meanwhile is there
 * for who asks next.
 */
export function pauseMs(windowMs: number): number {
  return Math.ceil(windowMs / 60);
}
