import type { CounterStore } from "./counter-store.ts";
import { createDurableObjectStore, type LimiterNamespace } from "./durable-object.ts";
import { createMemoryStore } from "./memory.ts";
import type { UpstashOptions } from "./upstash.ts";

/**
 * How long a store may take unless told otherwise, in ms. Well above a usual answer: the first use of a Durable
 * Object's name may take a few hundred ms, and where a limit fails closed a bound below that refuses new callers.
 */
export const STORE_TIMEOUT_MS = 1_000;

/** Where a manifest may want its counters; `memory` is one isolate's own and no global limit. */
export type CounterStoreName = "auto" | "durable-objects" | "upstash" | "memory";

/** What decides which store holds the counters. */
export interface CounterStoreChoice {
  /** What the manifest says. */
  readonly counters: CounterStoreName;
  /**
   * `createUpstashStore`, where the bundle has it. Passed in, so that a gateway without Upstash does not carry
   * its libraries (46 KB gzip).
   */
  readonly upstash?: ((options: UpstashOptions) => CounterStore) | undefined;
  /** Ms after which a take rejects. Default {@link STORE_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
  /** Ms since the epoch, for the memory store. */
  readonly now: () => number;
}

/**
 * The store for the counters: the one that the manifest names; with `auto` Upstash when its URL and token are both set,
 * else Durable Objects. It never falls back in silence.
 * @param namespace of `LimiterObject`s.
 * @throws {Error} when what is configured cannot work: half of Upstash's two variables, neither where the manifest
 * names it, Upstash without its libraries in the bundle, or no Durable Object namespace.
 */
export function selectCounterStore(
  env: Readonly<Record<string, unknown>>,
  namespace: LimiterNamespace | undefined,
  { counters, upstash, timeoutMs = STORE_TIMEOUT_MS, now }: CounterStoreChoice,
): CounterStore {
  if (counters === "memory") return createMemoryStore(now);
  if (counters === "durable-objects") return objects();
  const url = setting(env, "UPSTASH_REDIS_REST_URL");
  const token = setting(env, "UPSTASH_REDIS_REST_TOKEN");
  if (url !== undefined && token !== undefined) {
    if (upstash === undefined)
      throw new Error("UPSTASH_REDIS_REST_URL is set, but the bundle has no Upstash store");
    return upstash({ url, token, timeoutMs });
  }
  if (counters === "upstash" || url !== undefined || token !== undefined) {
    throw new Error("UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN must be set together");
  }
  return objects();

  function objects(): CounterStore {
    if (namespace === undefined) throw new Error("no Durable Object namespace for limits: is it exported?");
    return createDurableObjectStore(namespace, { timeoutMs });
  }
}

function setting(env: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = env[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
