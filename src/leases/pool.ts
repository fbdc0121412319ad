/** Where tokens come from: one way to count, for leases. A state is plain data. */
export interface Pool<State> {
  /** Tokens in a window. */
  readonly limit: number;
  readonly windowMs: number;
  /** How long it takes, in ms, until all that was taken has come back and every lease has ended. */
  readonly spanMs: number;
  full(): State;
  /** What can be granted at `now`, for how long, and in which period of `windowMs`. Brings the state to `now`. */
  supply(state: State, now: number): Supplied;
  /** Takes what {@link supply} has just said to be there, for a lease. */
  take(state: State, tokens: number, now: number): void;
  /** Takes what has been used without a lease, whether or not it is there. {@link supply} comes before. */
  charge(state: State, units: number, now: number): void;
  /** Ms until there may be so many tokens, which is more than at `now`, where nobody takes any; at least 1. */
  resetMs(state: State, now: number, tokens: number): number;
}

/** What a pool has. */
export interface Supplied {
  /** Whole tokens, 0 or more. */
  readonly left: number;
  readonly ttlMs: number;
  readonly period: number;
}
