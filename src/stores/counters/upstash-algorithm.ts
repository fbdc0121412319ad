import type { RatelimitConfig } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis/cloudflare";
import { algorithms } from "./algorithms.ts";
import { type Allowance, CounterStoreError, type Grant, type Refund, type Take } from "./counter-store.ts";
import { SCRIPTS } from "./upstash-scripts.ts";

type UpstashAlgorithm = ReturnType<RatelimitConfig["limiter"]>;

/**
 * An algorithm of ours for `@upstash/ratelimit`. Its own compare what is used with the limit and then add the whole
 * cost, so that they grant more than there is, or charge what they refuse; they tell the end of the window and not
 * when the cost is there; and they give back into the window that runs, not into the one that was taken from.
 */
export function exactAlgorithm(redis: Redis, allowance: Allowance): UpstashAlgorithm {
  const { limit } = allowance;
  return {
    async limit(_, key, cost = 1) {
      const now = Date.now();
      const { allowed, remaining, resetMs, at } = await ask(redis, "take", { key, allowance, cost }, now);
      return { success: allowed, limit, remaining, reset: now + resetMs, pending: Promise.resolve(), at };
    },
    async getRemaining(_, key) {
      const now = Date.now();
      const { allowed, remaining, resetMs } = await ask(redis, "peek", { key, allowance, cost: 1 }, now);
      return { limit, remaining: allowed ? remaining + 1 : 0, reset: now + resetMs };
    },
    // The library asks every algorithm for this.
    resetTokens: async (_, key) => void (await redis.del(key)),
  };
}

/** Gives units back; the library has no way to say where they were taken from. @param refund its key as Redis has it */
export async function refundExactly(redis: Redis, { at, ...take }: Refund): Promise<void> {
  await run(redis, "refund", take, Date.now(), at);
}

/** Redis decides and tells what it knew; the algorithm works the rest out of that, as it would have decided. */
async function ask(redis: Redis, verb: "take" | "peek", take: Take, now: number): Promise<Grant> {
  const { allowance, cost } = take;
  const [granted, ...known] = await run(redis, verb, take, now, now);
  const { algorithm } = allowance;
  const state = known.length === 0 ? undefined : SCRIPTS[algorithm].read(known, allowance.windowMs);
  const { grant } = algorithms[algorithm].take(state, allowance, cost, now);
  if (grant.allowed !== (granted === 1)) throw nonsense();
  return grant;
}

async function run(
  redis: Redis,
  verb: string,
  { key, allowance, cost }: Take,
  now: number,
  at: number,
): Promise<number[]> {
  const { algorithm, limit, windowMs, burst } = allowance;
  const { source, sha1 } = SCRIPTS[algorithm];
  const args = [verb, ...[limit, windowMs, burst, cost, now, at].map(String)];
  let reply: unknown;
  try {
    reply = await redis.evalsha(sha1, [key], args);
  } catch (error) {
    if (!reasonOf(error).includes("NOSCRIPT")) throw error;
    reply = await redis.eval(source, [key], args);
  }
  if (!Array.isArray(reply) || !reply.every((each) => Number.isSafeInteger(each))) throw nonsense();
  return reply;
}

/** What a failure says without the command that the library quotes after it, which names the key. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.split(", command was:", 1)[0] ?? error.name;
}

function nonsense(): CounterStoreError {
  return new CounterStoreError("upstash", "the answer makes no sense");
}
