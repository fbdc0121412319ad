import type { Ratelimit } from "@upstash/ratelimit/dist/index.mjs";
import type { Redis } from "@upstash/redis/cloudflare";
import { type Allowance, CounterStoreError, type SharedCounterStore } from "./counter-store.ts";
import { within } from "./time-bound.ts";
import { chargeExactly, exactAlgorithm, refundExactly } from "./upstash-algorithm.ts";
import { leaseExactly } from "./upstash-lease.ts";
import { reasonOf, STORE } from "./upstash-script.ts";

/** Where the Redis is, and how long it may take. */
export interface UpstashOptions {
  /** `UPSTASH_REDIS_REST_URL`. */
  readonly url: string;
  /** `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string;
  /** After this a call rejects. */
  readonly timeoutMs: number;
}

/** Before every key in Redis of what is taken from, and of what is leased from. */
const PREFIX = "isogate:limit";
const LEASE_PREFIX = "isogate:lease";

/**
 * Counters in Upstash Redis: one script per call, so it is exact however many callers there are. Its libraries are
 * evaluated at the first call (some 10 ms), not when the Worker starts. Time is the isolate's, not the store's; where
 * isolates disagree, the latest time that a counter has seen is the one that holds.
 */
export function createUpstashStore(options: UpstashOptions): SharedCounterStore {
  const { timeoutMs } = options;
  let client: Client | undefined;

  async function call<T>(left: number, use: (client: Client) => Promise<T>): Promise<T> {
    const work = async () => {
      client ??= await connect(options);
      return use(client);
    };
    try {
      return await within(Math.min(timeoutMs, left), work(), STORE);
    } catch (error) {
      if (error instanceof CounterStoreError) throw error;
      throw new CounterStoreError(STORE, reasonOf(error));
    }
  }

  return {
    remote: true,
    take: ({ key, allowance, cost }, left = timeoutMs) =>
      call(left, async ({ limiterOf }) => {
        // Analytics and protection are off, so the answer's `pending` has nothing to wait for.
        const answer = await limiterOf(allowance).limit(key, { rate: cost });
        const { success, remaining, reset } = answer;
        if (!("at" in answer) || typeof answer.at !== "number") {
          throw new CounterStoreError(STORE, "the library has not passed the answer on");
        }
        return { allowed: success, remaining, resetMs: untilNow(reset), at: answer.at };
      }),
    peek: ({ key, allowance }, left = timeoutMs) =>
      call(left, async ({ limiterOf }) => {
        const { remaining, reset } = await limiterOf(allowance).getRemaining(key);
        return { allowed: remaining > 0, remaining: Math.max(0, remaining - 1), resetMs: untilNow(reset) };
      }),
    refund: (refund) =>
      call(timeoutMs, ({ redis }) => refundExactly(redis, { ...refund, key: `${PREFIX}:${refund.key}` })),
    charge: (take) =>
      call(timeoutMs, ({ redis }) => chargeExactly(redis, { ...take, key: `${PREFIX}:${take.key}` })),
    lease: ({ key, allowance, ask }, left = timeoutMs) =>
      call(left, ({ redis }) => leaseExactly(redis, { key: `${LEASE_PREFIX}:${key}`, allowance, ask })),
  };
}

interface Client {
  readonly redis: Redis;
  limiterOf(allowance: Allowance): Ratelimit;
}

async function connect({ url, token, timeoutMs }: UpstashOptions): Promise<Client> {
  const { Ratelimit, Redis } = await import("./upstash-libraries.ts");
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
  const limiters = new WeakMap<Allowance, Ratelimit>();
  return {
    redis,
    limiterOf(allowance) {
      let limiter = limiters.get(allowance);
      if (limiter === undefined) {
        const algorithm = exactAlgorithm(redis, allowance);
        limiter = new Ratelimit({
          redis,
          limiter: () => algorithm,
          prefix: PREFIX,
          // The library's own timeout answers "allowed"; ours rejects.
          timeout: 0,
          ephemeralCache: false,
          analytics: false,
          enableProtection: false,
          enableTelemetry: false,
        });
        limiters.set(allowance, limiter);
      }
      return limiter;
    },
  };
}

function untilNow(reset: number): number {
  return Math.max(0, reset - Date.now());
}
