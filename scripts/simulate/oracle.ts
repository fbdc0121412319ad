import type { Allowance } from "../../src/stores/counters/counter-store.ts";

/**
 * The most requests that were let through beyond the limit, in any window, stretch of a window's length, or stretch
 * at all. Knows nothing of leases: only when requests were let through.
 * @param times in order, in ms by the store's clock.
 */
export function overshoot(times: readonly number[], allowed: Allowance): number {
  const { algorithm, limit, windowMs, burst } = allowed;
  let worst = 0;
  if (algorithm === "tokenBucket") {
    let [owed, before] = [0, times[0] ?? 0];
    for (const time of times) {
      owed = Math.max(0, owed - ((time - before) * limit) / windowMs) + 1;
      worst = Math.max(worst, owed - burst);
      before = time;
    }
    // What is refilled is a fraction that binary numbers do not have.
    return Math.max(0, Math.ceil(worst - 1e-6));
  }
  const begin = (time: number) =>
    algorithm === "fixedWindow" ? Math.floor(time / windowMs) * windowMs : time - windowMs;
  let first = 0;
  times.forEach((time, index) => {
    const start = begin(time);
    while (algorithm === "fixedWindow" ? times[first]! < start : times[first]! <= start) first++;
    worst = Math.max(worst, index + 1 - first - limit);
  });
  return worst;
}
