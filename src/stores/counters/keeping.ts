/**
 * The platform may drop an idle object from memory after ten seconds. What is used up for no longer than that is
 * there again by then, so only what looks further back needs storage.
 */
export const IDLE_MS = 10_000;

/** After this long without a change, storage is told exactly what was taken: sooner than an idle object is dropped. */
export const CALM_MS = 1_000;

/**
 * What an object keeps in memory and has written to storage, ahead of what happens: under traffic what is written says
 * that up to a hundredth more is taken, and is written again once that is used up. So storage never allows what memory
 * would not, and a crash costs a hundredth. Time is told, in ms since the epoch; nothing waits.
 */
export interface Keeping {
  /** When it last changed. */
  readonly changedAt: number;
  /** Whether storage knows exactly, or need not know. */
  readonly exact: boolean;
  /** When storage may forget it; 0 where there is nothing to forget. */
  readonly expiresAt: number;
  /** When to look whether it has expired: not more often than everything comes back. */
  wakeAt(now: number): number;
  /** Tells storage exactly. */
  settle(): void;
  /** Forgets it; storage forgets it too. */
  clear(): void;
}
