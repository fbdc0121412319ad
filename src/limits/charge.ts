import { causeText } from "../observe/cause.ts";
import type { SharedCounterStore, Take } from "../stores/counters/counter-store.ts";
import type { Limited, LimitTools } from "./attempt.ts";
import type { Limit } from "./limit.ts";

/**
 * Takes units that have been used already, whether or not they are there. A shared store is told after the answer; where
 * it cannot be reached they stay uncounted, and the log tells.
 */
export function charge(
  limit: Pick<Limit, "leased" | "slack" | "relayed">,
  take: Take,
  ctx: Limited,
  { counters, log }: LimitTools,
): void {
  if (!counters.remote) counters.charge(take);
  else if (limit.leased && counters.leases !== undefined) counters.leases.charge(take, limit, ctx);
  else {
    const charged = chargeShared(take, ctx, counters).catch((error: unknown) => {
      log({ level: "warn", event: "limit-not-charged", cause: causeText(error) });
    });
    ctx.execution.waitUntil(charged);
  }
}

async function chargeShared(
  take: Take,
  { budget }: Pick<Limited, "budget">,
  counters: SharedCounterStore,
): Promise<void> {
  const slot = budget.acquire();
  if (slot !== undefined) await slot;
  try {
    await counters.charge(take);
  } finally {
    budget.release();
  }
}
