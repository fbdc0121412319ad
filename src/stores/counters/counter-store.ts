/** Takes `cost` units from a counter under a sliding-window limit. */
export interface Take {
  /** The counter: limit and caller, already joined. One key always comes with one `windowMs`. */
  readonly key: string;
  /** Units allowed per window: a whole number from 1. `limit * windowMs` must stay below 2^53. */
  readonly limit: number;
  /** Window length in whole ms. */
  readonly windowMs: number;
  /** Units to take, from 1 to `limit`; nothing is taken when they are not all there. */
  readonly cost: number;
}

/** What a store answers to a {@link Take}. */
export interface Grant {
  readonly allowed: boolean;
  /** Whole units left after this take; 0 or more. */
  readonly remaining: number;
  /**
   * Ms until at least one more unit (or, when refused, the asked cost) is there, if nobody else takes.
   * A store that does not know better may say later, never earlier.
   */
  readonly resetMs: number;
}

/**
 * Counters behind a rate limit. A refused take consumes nothing. All stores count alike: see `sliding-window.ts`.
 */
export type CounterStore = SharedCounterStore | LocalCounterStore;

/** Counters that all isolates share. A take is a subrequest: it needs one of the request's connection slots. */
export interface SharedCounterStore {
  readonly remote: true;
  /**
   * Rejects with a {@link CounterStoreError} when the store cannot be reached, is wrong, or has not answered
   * within its time. The caller decides whether that allows or denies.
   */
  take(take: Take): Promise<Grant>;
}

/** Counters of this isolate alone; answers at once. */
export interface LocalCounterStore {
  readonly remote: false;
  take(take: Take): Grant;
}

/** Why a store gave no answer. For operators: the message holds no key, so no address and no credential. */
export class CounterStoreError extends Error {
  /** @param store the store's name, such as `upstash`. */
  constructor(store: string, reason: string) {
    super(`${store}: ${reason}`);
    this.name = "CounterStoreError";
  }
}
