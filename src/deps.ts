import type { BlockLists } from "./blocking/block-lists.ts";
import type { ResponseCache } from "./cache/response-cache.ts";
import type { Permits } from "./concurrency/permits.ts";
import type { ConsumerDirectory } from "./identity/consumers/directory.ts";
import type { KeySets } from "./identity/key-sets.ts";
import type { Meters } from "./metering/meters.ts";
import type { RefusalTally } from "./observe/refusal-tally.ts";
import type { Signals } from "./signals/signals.ts";
import type { CounterStore } from "./stores/counters/counter-store.ts";
import type { NonceStore } from "./stores/nonces/nonce-store.ts";
import type { QuotaStore } from "./stores/quotas/quota-store.ts";
import type { SessionStore } from "./stores/sessions/session-store.ts";

/**
 * Everything with a side effect that a request may reach, made once per isolate and passed in,
 * so that every decision can be tested with its own clock, randomness and stores.
 */
export interface Deps {
  /** Milliseconds since the epoch. Frozen between I/O in production. */
  readonly now: () => number;
  /** Fills the array with random bytes and returns it. */
  readonly random: (bytes: Uint8Array) => Uint8Array;
  readonly fetch: (request: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
  readonly counters: CounterStore;
  /** Deny and allow lists that operators edit. */
  readonly blocks: Pick<BlockLists, "current" | "lastKnown" | "put">;
  /** What callers have used of long periods. */
  readonly quotas: QuotaStore;
  readonly responses: ResponseCache;
  readonly keySets: KeySets;
  /** Takes what is to be billed. */
  readonly meters: Pick<Meters, "note" | "commit" | "credit" | "newId" | "store">;
  /** What may be used once only. */
  readonly nonces: NonceStore;
  /** Lets only so many requests in at once. */
  readonly permits: Pick<Permits, "take">;
  /** Which sessions of people who have logged in live. */
  readonly sessions: SessionStore;
  /** Tells that an upstream has too much to do. */
  readonly signals: Pick<Signals, "gauge">;
  /** The keys of registered callers. */
  readonly consumers: ConsumerDirectory;
  /** Counts what was refused, or would have been. */
  readonly refusals: Pick<RefusalTally, "note">;
  /** Writes one line of the access log or of the gateway's own log. */
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
  /** True under `wrangler dev` and in tests; never in a deployed bundle. */
  readonly development: boolean;
}
