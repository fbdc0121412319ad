import type { RatelimitConfig } from "@upstash/ratelimit/dist/index.mjs";
import type { Redis } from "@upstash/redis/cloudflare";
import { algorithms } from "./algorithms.ts";
import { grantOf, nonsense } from "./answers.ts";
import { checkUnits } from "./asked.ts";
import type { Allowance, Grant, Refund, Take } from "./counter-store.ts";
import { runScript, STORE } from "./upstash-script.ts";
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
  done(await run(redis, "refund", take, Date.now(), at));
}

/** Takes units that have been used already. @param take its key as Redis has it */
export async function chargeExactly(redis: Redis, take: Take): Promise<void> {
  const now = Date.now();
  done(await run(redis, "charge", take, now, now));
}

function done(answer: readonly number[]): void {
  if (answer.length > 0) throw nonsense(STORE);
}

/** Redis decides and tells what it knew; the algorithm works the rest out of that, as it would have decided. */
async function ask(redis: Redis, verb: "take" | "peek", take: Take, now: number): Promise<Grant> {
  const { allowance, cost } = take;
  const [granted, ...known] = await run(redis, verb, take, now, now);
  const { algorithm } = allowance;
  const state = SCRIPTS[algorithm].read(known, allowance.windowMs);
  if (state === undefined && known.length > 0) throw nonsense(STORE);
  const { grant } = algorithms[algorithm].take(state, allowance, cost, now);
  if (grant.allowed !== (granted === 1)) throw nonsense(STORE);
  return grantOf(grant, allowance, STORE);
}

async function run(
  redis: Redis,
  verb: string,
  { key, allowance, cost }: Take,
  now: number,
  at: number,
): Promise<number[]> {
  checkUnits({ allowance, cost });
  const { algorithm, limit, windowMs, burst } = allowance;
  const args = [verb, ...[limit, windowMs, burst, cost, now, at].map(String)];
  return runScript(redis, SCRIPTS[algorithm], key, args);
}
