import { inSlot } from "../budget.ts";
import { causeText } from "../observe/cause.ts";
import type { Attempt, Limited, LimitTools } from "./attempt.ts";

/**
 * Gives back what was taken, and says so in what the client is told. A shared store is given it after the answer; one
 * that cannot be reached keeps it, and the log tells.
 */
export function release(attempts: readonly Attempt[], ctx: Limited, { counters, log }: LimitTools): void {
  for (const { limit, take, takenAt, state } of attempts) {
    if (take === undefined || takenAt === undefined) continue;
    if (state !== undefined) state.remaining += take.cost;
    const refund = { ...take, at: takenAt };
    if (!counters.remote) counters.refund(refund);
    else if (limit.leased && counters.leases !== undefined) counters.leases.refund(refund);
    else {
      const refunded = inSlot(ctx.budget, () => counters.refund(refund)).catch((error: unknown) => {
        log({ level: "warn", event: "limit-not-released", cause: causeText(error) });
      });
      ctx.execution.waitUntil(refunded);
    }
  }
}
