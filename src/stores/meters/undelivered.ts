import type { BatchState } from "./tables.ts";

/** Where batches go. */
export interface Receiver {
  /** A declared upstream's name. */
  readonly upstream: string;
  /** Path at the upstream. */
  readonly path: string;
}

/** What one receiver has not got of a consumer's, and should have by now. */
export interface Undelivered extends Receiver {
  /** Batches that it will not have. */
  readonly dead: number;
  /** Batches that are tried again and again, where the oldest of them has been on its way for {@link LATE_MS}. */
  readonly waiting: number;
  /** When the oldest of all was made, in ms since the epoch. */
  readonly oldest: number;
  /** What became of the last try: a status, or why there was none. */
  readonly last?: string;
}

/** Batches of one receiver, all of them dead or none. */
export interface Queue extends Receiver {
  readonly count: number;
  /** The oldest. */
  readonly first: BatchState;
  /** What became of the newest's last try. */
  readonly last: string | undefined;
}

/** From this age on a batch that is on its way is late, in ms: that is the longest pause between two tries. */
export const LATE_MS = 900_000;

/** What a consumer's outbox owes, by receiver. */
export function undeliveredOf(dead: readonly Queue[], live: readonly Queue[], now: number): Undelivered[] {
  const found = new Map<string, Undelivered>();
  for (const { upstream, path, count, first, last } of dead)
    found.set(receiverKey({ upstream, path }), {
      upstream,
      path,
      dead: count,
      waiting: 0,
      oldest: first.at,
      ...(last !== undefined && { last }),
    });
  for (const { upstream, path, count, first } of live) {
    if (now < first.at + LATE_MS) continue;
    const known = found.get(receiverKey({ upstream, path }));
    const last = first.last ?? known?.last;
    found.set(receiverKey({ upstream, path }), {
      upstream,
      path,
      dead: known?.dead ?? 0,
      waiting: count,
      oldest: Math.min(known?.oldest ?? first.at, first.at),
      ...(last !== undefined && { last }),
    });
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/** A receiver as a key. */
export function receiverKey({ upstream, path }: Receiver): string {
  return `${upstream}\n${path}`;
}
