/**
 * What the gateway knows of a stored response. The platform's own idea of freshness, `Vary` and `Age` is not
 * relied on: every decision is made from these fields. All times are in ms since the epoch.
 */
export interface StoredEntry {
  readonly status: number;
  /**
   * Header fields by lower-case name, as the next caller gets them, but for `Age` and the gateway's own member of
   * `Cache-Status`. A record, because the runtime makes headers of one three times as fast as of a list of pairs.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** When the response was made, as near as can be told (RFC 9111 §4.2.3): its age is now minus this. */
  readonly bornAt: number;
  /** Served without asking until then. */
  readonly freshUntil: number;
  /** Served while being revalidated until then (RFC 5861 §3). */
  readonly staleUntil: number;
  /** Served in place of an error until then (RFC 5861 §4). */
  readonly errorUntil: number;
  /** Request header fields that chose this variant, by lower-case name, normalised; null where absent. */
  readonly vary: ReadonlyArray<readonly [name: string, value: string | null]>;
  /** Names under which the entry can be found when something changes. */
  readonly tags: readonly string[];
}

/** A stored response. The body can be read once and must be read or cancelled. */
export interface Stored {
  readonly entry: StoredEntry;
  readonly body: ReadableStream<Uint8Array> | null;
}

/**
 * Where responses are kept. An implementation keeps and returns; it decides nothing.
 * Keys are `https:` URLs made by the functions of `key.ts`.
 */
export interface ResponseCache {
  /** @returns the response, or undefined where there is none (any more) or it cannot be understood. */
  get(key: string): Promise<Stored | undefined>;
  /**
   * Stores a response in place of an older one. The body is given whole, never as a stream: nothing is to be
   * found under the key, not even for a moment, but all of it.
   * @param keepFor whole seconds for which it may be of use; the implementation may drop it sooner.
   * @throws when the store does not take it.
   */
  put(key: string, entry: StoredEntry, body: Uint8Array<ArrayBuffer> | null, keepFor: number): Promise<void>;
  /** @returns whether there was one. */
  delete(key: string): Promise<boolean>;
}

/** Lets go of a body that nobody will read, so that its connection is free again. */
export function discard(body: ReadableStream | null | undefined): void {
  body?.cancel().catch(() => {});
}
