import { inSlot } from "../budget.ts";
import { causeText } from "../observe/cause.ts";
import type { Take } from "../stores/counters/counter-store.ts";
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
    const charged = inSlot(ctx.budget, () => counters.charge(take)).catch((error: unknown) => {
      log({ level: "warn", event: "limit-not-charged", cause: causeText(error) });
    });
    ctx.execution.waitUntil(charged);
  }
}
