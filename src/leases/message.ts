/** More units than anybody may owe or wait for at a time: sums of them stay exact. */
export const MOST_UNITS = 2 ** 32;

/** What an isolate tells the store of one counter, and asks for. */
export interface Ask {
  /** Tokens that requests wait for: 0 where the isolate asks before it has run out. */
  readonly want: number;
  /** Of fewer tokens than these, and those that it holds, no request that waits could make use: from 1. */
  readonly least: number;
  /** Units that were used without having been granted. They are taken first, whether or not they are there. */
  readonly owed: number;
  /** Units a ms, as the isolate has seen them asked for; 0 where it cannot say yet. */
  readonly rate: number;
  /** Units that `rate` was measured from: how far it can be believed. */
  readonly seen: number;
  /** Ms over which `rate` was measured. */
  readonly span: number;
  /** Tokens that the isolate still holds. */
  readonly held: number;
  /** What it said last, and in which period; undefined where the store does not know it. */
  readonly before: Reported | undefined;
}

/** A rate that the store has added to its sum. It keeps no list of who said what: whoever asks brings it along. */
export interface Reported {
  /** The period in which it was added: {@link Grant.period}. */
  readonly period: number;
  readonly rate: number;
}

/** What the store answers. All times are lengths: no clock is compared with another. */
export interface Grant {
  /** Tokens, 0 or more. Fewer than wanted only where the store holds no more, and none where they would be of no use. */
  readonly tokens: number;
  /** How long they may be spent, in ms from when the ask was *sent*. */
  readonly ttlMs: number;
  /** What the store still holds after this. */
  readonly left: number;
  /**
   * Ms, from when the ask was sent, until the store may hold more than now, or as many as would have been of use where it
   * has granted none; at least 1. Until then the isolate refuses by itself what it would need so many for.
   */
  readonly resetMs: number;
  /** The store's period, for {@link Reported}. */
  readonly period: number;
  /** Whether so many isolates ask that from now on a relay of their location should ask for them: see `relay.ts`. */
  readonly crowded: boolean;
}
