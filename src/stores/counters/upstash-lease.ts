import type { Redis } from "@upstash/redis/cloudflare";
import type { Grant as Lease } from "../../leases/message.ts";
import { leaseOf, nonsense } from "./answers.ts";
import { checkAsk } from "./asked.ts";
import type { LeaseAsk } from "./counter-store.ts";
import { LEASE_SCRIPTS } from "./upstash-lease-scripts.ts";
import { runScript, STORE } from "./upstash-script.ts";

/** Leases tokens from a ledger in Redis. @param key as Redis has it */
export async function leaseExactly(
  redis: Redis,
  { key, allowance, ask }: Pick<LeaseAsk, "key" | "allowance" | "ask">,
): Promise<Lease> {
  checkAsk(ask, allowance);
  const { algorithm, limit, windowMs, burst } = allowance;
  const { want, least, owed, rate, seen, span, held, before } = ask;
  const numbers = [limit, windowMs, burst, Date.now(), want, owed, rate, seen, span, held, least];
  const args = [...numbers, before?.period ?? "", before?.rate ?? ""].map(String);
  const reply = await runScript(redis, LEASE_SCRIPTS[algorithm], key, args);
  const [tokens, ttlMs, left, resetMs, period, crowded] = reply;
  if (reply.length !== 6 || (crowded !== 0 && crowded !== 1)) throw nonsense(STORE);
  const granted = { tokens, ttlMs, left, resetMs, period, crowded: crowded === 1 };
  return leaseOf(granted as Lease, allowance, STORE);
}
