/** How long the store counts a holder's permits from when it last heard of them, in ms. */
export const LEASE_MS = 10_000;

/** What a holder says of itself. */
export interface Ask {
  /** Who asks: an isolate. */
  readonly holder: string;
  /** Grows with every ask of a holder: what arrives late changes nothing. */
  readonly sequence: number;
  /** The most permits that all holders together may have: a whole number from 1. */
  readonly limit: number;
  /** How many it has a use for now, those that it has included. */
  readonly need: number;
  /** How many it would like, so that it need not come back soon: `need` or more. 0 gives all back. */
  readonly most: number;
}

/** What the holder has from now on. */
export interface Grant {
  /** Permits: from what it needs to what it would like, or fewer where there are no more. */
  readonly granted: number;
  /** Others were given too few just now: who has idle ones is to give them back. */
  readonly contended: boolean;
  /** How many a holder that does nothing may keep. None unless most of the limit is free. */
  readonly spare: number;
  /** In how many ms one who was given too few may ask again: longer the more holders there are. */
  readonly retryMs: number;
}

/**
 * Permits of which there are only so many at a time, leased to isolates. For each key all live leases together never
 * exceed the limit. A lease ends by itself {@link LEASE_MS} after its last ask, so that a holder that has died frees
 * what it held.
 */
export interface PermitStore {
  /** Whether a call is a subrequest: it needs one of the request's connection slots. */
  readonly remote: boolean;
  /**
   * Tells what a holder needs, renews its lease, and says what it has. Rejects where the store cannot be reached or has
   * not answered in time: then it may have been told or not, and the next ask sets it right.
   */
  settle(key: string, ask: Ask): Promise<Grant>;
}
