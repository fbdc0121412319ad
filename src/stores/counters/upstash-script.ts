import type { Redis } from "@upstash/redis/cloudflare";
import { nonsense } from "./answers.ts";

/** The store's name in errors. */
export const STORE = "upstash";

/** Runs a script over one key: by its hash, and with its source where Redis does not know it. It answers with integers. */
export async function runScript(
  redis: Redis,
  { source, sha1 }: { readonly source: string; readonly sha1: string },
  key: string,
  args: readonly string[],
): Promise<number[]> {
  let reply: unknown;
  try {
    reply = await redis.evalsha(sha1, [key], [...args]);
  } catch (error) {
    if (!reasonOf(error).includes("NOSCRIPT")) throw error;
    reply = await redis.eval(source, [key], [...args]);
  }
  if (!Array.isArray(reply) || !reply.every((each) => Number.isSafeInteger(each))) throw nonsense(STORE);
  return reply;
}

/** What a failure says without the command that the library quotes after it, which names the key. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.split(", command was:", 1)[0] ?? error.name;
}
