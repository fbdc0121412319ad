import type { RateLimit } from "./limit.ts";
import { wholeSeconds } from "./ratelimit-fields.ts";

/**
 * The window in which the limit is there again in full. That of a bucket is the time in which it fills; one that fills
 * within a second has none that the field could tell in whole seconds.
 */
export function fullWindow({ limit, windowMs, burst }: RateLimit): number | undefined {
  const ms = (burst * windowMs) / limit;
  return ms < 1_000 ? undefined : wholeSeconds(ms);
}

/** What a limit allows, in words. */
export function ruleOf({ limit, windowMs, burst, on, cost }: RateLimit): string {
  const noun = on === "authFailure" ? "failed authentications" : cost === 1 ? "requests" : "units";
  const bursts = burst === limit ? "" : ` in bursts of ${burst}`;
  return `${limit} ${noun} per ${shortest(windowMs)}${bursts}`;
}

/** A window in its largest whole unit, such as `1m`. */
export function shortest(windowMs: number): string {
  for (const [unit, ms] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
  ] as const) {
    if (windowMs % ms === 0) return `${windowMs / ms}${unit}`;
  }
  return `${windowMs / 1_000}s`;
}
