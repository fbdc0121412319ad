/** Where tokens come from: one way to count, for leases. */
export interface Pool<State> {
  /** Tokens in a window. */
  readonly limit: number;
  readonly windowMs: number;
  full(): State;
  /** What can be granted at `now`, for how long, and in which period of `windowMs`. Brings the state to `now`. */
  supply(state: State, now: number): Supplied;
  /** Takes what {@link supply} has just said to be there. */
  take(state: State, tokens: number, now: number): void;
  /** Ms until an empty pool may hold a token again. */
  retryAfterMs(state: State, now: number): number;
}

/** What a pool has. */
export interface Supplied {
  readonly left: number;
  readonly ttlMs: number;
  readonly period: number;
}
