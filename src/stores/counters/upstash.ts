import type { Ratelimit } from "@upstash/ratelimit";
import { CounterStoreError, type Grant, type SharedCounterStore } from "./counter-store.ts";
import { within } from "./time-bound.ts";

/** Where the Redis is, and how long it may take. */
export interface UpstashOptions {
  /** `UPSTASH_REDIS_REST_URL`. */
  readonly url: string;
  /** `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string;
  /** After this a take rejects. */
  readonly timeoutMs: number;
}

/**
 * Counters in Upstash Redis, with Upstash's own sliding window: one script per take, so it is exact however many
 * callers there are. Its libraries are evaluated at the first take (some 10 ms), not when the Worker starts.
 *
 * Where it differs from the other stores:
 * - time is the isolate's, not the store's;
 * - `resetMs` is an upper bound: the library tells the end of the window, not how the units are spread;
 * - only takes of one unit. The library's script compares `used >= limit` and then adds the whole cost, so a
 *   larger take is charged although it is refused, and its answer does not tell which of the two happened.
 */
export function createUpstashStore(options: UpstashOptions): SharedCounterStore {
  let makeLimiter: MakeLimiter | undefined;
  const limiters = new Map<string, Ratelimit>();

  async function ask(key: string, limit: number, windowMs: number): Promise<Grant> {
    makeLimiter ??= await connect(options);
    const id = `${limit}/${windowMs}`;
    let limiter = limiters.get(id);
    if (limiter === undefined) {
      limiter = makeLimiter(limit, windowMs);
      limiters.set(id, limiter);
    }
    // Analytics and protection are off, so the answer's `pending` has nothing to wait for.
    const { success, remaining, reset } = await limiter.limit(key);
    if (!Number.isSafeInteger(remaining)) throw new CounterStoreError("upstash", "the answer makes no sense");
    // At worst all units were taken in this window; then the first leaves 1 ms after its end.
    return { allowed: success, remaining, resetMs: Math.max(0, reset - Date.now()) + 1 };
  }

  return {
    remote: true,
    async take({ key, limit, windowMs, cost }) {
      if (cost !== 1) throw new CounterStoreError("upstash", "only takes of one unit are possible");
      try {
        return await within(options.timeoutMs, ask(key, limit, windowMs), "upstash");
      } catch (error) {
        if (error instanceof CounterStoreError) throw error;
        throw new CounterStoreError("upstash", reasonOf(error));
      }
    },
  };
}

type MakeLimiter = (limit: number, windowMs: number) => Ratelimit;

async function connect({ url, token, timeoutMs }: UpstashOptions): Promise<MakeLimiter> {
  const { Ratelimit } = await import("@upstash/ratelimit");
  const { Redis } = await import("@upstash/redis/cloudflare");
  const redis = new Redis({
    url,
    token,
    // One try: `false` would mean two, and a take that was lost on its way back would count twice.
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(timeoutMs),
    // Pipelining would put the takes of several requests into one fetch, which dies with the first of them.
    enableAutoPipelining: false,
    readYourWrites: false,
    enableTelemetry: false,
  });
  return (limit, windowMs) =>
    new Ratelimit({
      redis,
      limiter: Ratelimit.slidingWindow(limit, `${windowMs} ms`),
      prefix: "isogate:limit",
      // The library's own timeout answers "allowed"; ours rejects.
      timeout: 0,
      ephemeralCache: false,
      analytics: false,
      enableProtection: false,
      enableTelemetry: false,
    });
}

/** The library's message without the command it quotes, which names the key. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.split(", command was:", 1)[0] ?? error.name;
}
