import type { Attempt } from "./attempt.ts";

/**
 * How long to wait, in ms, so as not to be refused again by the limit if nobody else takes. What the store tells does
 * not know of this refused request, which may be counted too: a window's next units then come later by what it cost, and
 * a sliding one keeps it for a whole window. So this is enough, and may be more than that.
 */
export function waitMs({ limit, take, outlook }: Attempt): number {
  const resetMs = outlook?.resetMs ?? 0;
  const { algorithm, limit: units, windowMs } = limit.allowance;
  if (!limit.countsRefused || take === undefined || algorithm === "fixedWindow") return resetMs;
  const whole = algorithm === "slidingWindow" ? Math.max(resetMs, windowMs) : resetMs;
  return whole + Math.ceil((take.cost * windowMs) / units);
}
