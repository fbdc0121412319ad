import { causeText } from "../observe/cause.ts";
import type { Refund, SharedCounterStore } from "../stores/counters/counter-store.ts";
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
      const refunded = refundShared(refund, ctx, counters).catch((error: unknown) => {
        log({ level: "warn", event: "limit-not-released", cause: causeText(error) });
      });
      ctx.execution.waitUntil(refunded);
    }
  }
}

async function refundShared(
  refund: Refund,
  { budget }: Pick<Limited, "budget">,
  counters: SharedCounterStore,
): Promise<void> {
  const slot = budget.acquire();
  if (slot !== undefined) await slot;
  try {
    await counters.refund(refund);
  } finally {
    budget.release();
  }
}
