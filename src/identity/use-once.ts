import type { RequestContext } from "../context.ts";
import type { Deps } from "../deps.ts";
import { type Refusal, refuse } from "../errors/refusal.ts";
import { within } from "./keys/within.ts";

/** Clocks of the gateway's own machines may differ by this, in ms. */
const DRIFT_MS = 5_000;

/** What each request under way has used: a rule of the gateway and one of the route may name the same credential. */
const used = new WeakMap<object, Set<string>>();

/**
 * Uses what makes a request the only one of its kind, once its signature or proof has held: what anybody may
 * send must not fill the store. Where the store cannot be asked, nobody is let in.
 * @param parts what tells it from every other: the credential, the key, the nonce
 * @param end when nobody would accept it any more, in ms since the epoch
 * @param copied makes the refusal of a copy
 */
export async function useOnce(
  { nonces, now }: Pick<Deps, "nonces" | "now">,
  ctx: RequestContext,
  parts: readonly string[],
  end: number,
  copied: () => Refusal,
): Promise<Refusal | undefined> {
  const key = JSON.stringify(parts);
  const own = used.get(ctx) ?? new Set();
  if (own.has(key)) return undefined;
  let first: boolean;
  try {
    first = await within(ctx.budget.remaining(now()), () => nonces.use(key, end + DRIFT_MS));
  } catch (cause) {
    return refuse("store-unavailable", { cause });
  }
  if (first) used.set(ctx, own.add(key));
  return first ? undefined : copied();
}
