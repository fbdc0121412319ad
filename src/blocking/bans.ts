import type { Deps } from "../deps.ts";
import { parseNetwork } from "../http/network.ts";
import { addressPrefix } from "../limits/address-prefix.ts";
import { causeText } from "../observe/cause.ts";
import { type BlockEntry, GATEWAY } from "../stores/blocks/block-store.ts";

/** When an address is banned, and for how long. */
export interface BanRules {
  /** Failed authentications that are too many. */
  readonly failures: number;
  readonly windowMs: number;
  readonly forMs: number;
  /** The list that bans are put on. */
  readonly list: string;
}

/** Counts a failed authentication, and bans the address where there were too many. Never rejects. */
export async function countFailure(
  address: string,
  { failures, windowMs, forMs, list }: BanRules,
  { counters, blocks, now, log }: Pick<Deps, "counters" | "blocks" | "now" | "log">,
): Promise<void> {
  // Whoever has one address of a /64 has them all.
  const network = addressPrefix(address);
  if (parseNetwork(network) === undefined) return;
  // The last one is refused, so that this one bans.
  const limit = failures - 1;
  try {
    const { allowed } = await counters.take({
      key: JSON.stringify(["ban", list, failures, windowMs, network]),
      allowance: { algorithm: "fixedWindow", limit, windowMs, burst: limit },
      cost: 1,
    });
    if (allowed) return;
    const createdAt = now();
    const entry: BlockEntry = {
      list,
      kind: "network",
      value: network,
      reason: `${failures} failed authentications within ${windowMs / 1_000} s`,
      expiresAt: createdAt + forMs,
      createdAt,
      createdBy: GATEWAY,
    };
    await blocks.put(entry);
    log({ level: "warn", event: "banned", list, network, until: new Date(createdAt + forMs).toISOString() });
  } catch (error) {
    log({ level: "warn", event: "ban-failed", network, cause: causeText(error) });
  }
}
