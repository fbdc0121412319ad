import type { Ask, Grant as Lease } from "../../leases/message.ts";
import type { Leases } from "../../limits/leases.ts";

/** How units are counted: see the file of each name. */
export type AlgorithmName = "slidingWindow" | "fixedWindow" | "tokenBucket";

/** How much a counter allows. One key always comes with one `algorithm` and one `windowMs`. */
export interface Allowance {
  readonly algorithm: AlgorithmName;
  /** Units allowed, or refilled, per window: a whole number from 1. `limit * windowMs` must stay below 2^53. */
  readonly limit: number;
  /** Window length in whole ms. */
  readonly windowMs: number;
  /** Units that a full token bucket holds, from 1; elsewhere the limit. `burst * windowMs` must stay below 2^53. */
  readonly burst: number;
}

/** A counter, and what it allows. */
export interface Peek {
  /** The counter: limit and caller, already joined. */
  readonly key: string;
  readonly allowance: Allowance;
}

/** Takes `cost` units from a counter. */
export interface Take extends Peek {
  /** From 1 to `burst`; nothing is taken when they are not all there. */
  readonly cost: number;
}

/** What a store answers to a {@link Peek}. */
export interface Outlook {
  readonly allowed: boolean;
  /** Whole units left after this take; 0 or more. */
  readonly remaining: number;
  /** Ms until at least one more unit (or, when refused, the asked cost) is there, if nobody else takes. */
  readonly resetMs: number;
}

/** What a store answers to a {@link Take}. */
export interface Grant extends Outlook {
  /** Where in time the units were counted, in ms since the epoch by the store's clock: a {@link Refund} names it. */
  readonly at: number;
}

/** Gives back what a take was granted. */
export interface Refund extends Take {
  /** From the grant. */
  readonly at: number;
}

/** Asks for tokens that an isolate may spend by itself. A counter is leased from, or taken from, and never both. */
export interface LeaseAsk extends Peek {
  readonly ask: Ask;
  /** Where the isolate is, such as `FRA`, where a relay there is to answer; undefined where the counter itself is. */
  readonly location: string | undefined;
}

/**
 * Counters behind a rate limit. A refused take consumes nothing, and all stores count alike: to the unit.
 *
 * Limits reserve with `take`; the reservation is kept by doing nothing, so that a request which is let through costs
 * one call, and released with `refund`. A refund never gives back more than the take still holds: what has left its
 * window, or was refilled since, is there again already.
 */
export type CounterStore = SharedCounterStore | LocalCounterStore;

/** A rate limit binding: it counts within one location, roughly, for 10 or 60 seconds. */
export interface Shield {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

/** Counters that all isolates share. A call is a subrequest: it needs one of the request's connection slots. */
export interface SharedCounterStore {
  readonly remote: true;
  /** What this isolate has leased; undefined where it leases nothing, and asks for each request. */
  readonly leases?: Leases;
  /** The rate limit binding of that name; undefined where there is none. */
  readonly shield?: (name: string) => Shield | undefined;
  /**
   * Rejects with a {@link CounterStoreError} when the store cannot be reached, is wrong, or has not answered
   * within its time. The caller decides whether that allows or denies.
   * @param left ms that the caller can wait, where that is less than the store's own bound
   */
  take(take: Take, left?: number): Promise<Grant>;
  /** What a take of one unit would be answered; takes nothing. Rejects as {@link take} does. */
  peek(peek: Peek, left?: number): Promise<Outlook>;
  /** Rejects as {@link take} does; then it may have been given back or not. */
  refund(refund: Refund): Promise<void>;
  /**
   * Takes units that have been used already, whether or not they are there. Rejects as {@link take} does; then they may
   * have been taken or not.
   */
  charge(take: Take): Promise<void>;
  /** Leases tokens. Rejects as {@link take} does; then they are lost. */
  lease(question: LeaseAsk, left?: number): Promise<Lease>;
}

/** Counters of this isolate alone; answers at once. */
export interface LocalCounterStore {
  readonly remote: false;
  take(take: Take): Grant;
  peek(peek: Peek): Outlook;
  refund(refund: Refund): void;
  charge(take: Take): void;
}

/** Why a store gave no answer. For operators: the message holds no key, so no address and no credential. */
export class CounterStoreError extends Error {
  /** @param store the store's name, such as `upstash`. */
  constructor(store: string, reason: string) {
    super(`${store}: ${reason}`);
    this.name = "CounterStoreError";
  }
}
