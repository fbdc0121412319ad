/** How units are counted; see the pools of these names. */
export type Counting = "fixedWindow" | "slidingWindow" | "tokenBucket";

/** What a limit allows. */
export interface Allowed {
  readonly counting: Counting;
  readonly limit: number;
  readonly windowMs: number;
  /** What a bucket holds. */
  readonly burst: number;
}

/**
 * The most requests that were let through beyond the limit, in any window, stretch of a window's length, or stretch
 * at all. Knows nothing of leases: only when requests were let through.
 * @param times in order, in ms by the store's clock.
 */
export function overshoot(times: readonly number[], allowed: Allowed): number {
  const { counting, limit, windowMs, burst } = allowed;
  let worst = 0;
  if (counting === "tokenBucket") {
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
    counting === "fixedWindow" ? Math.floor(time / windowMs) * windowMs : time - windowMs;
  let first = 0;
  times.forEach((time, index) => {
    const start = begin(time);
    while (counting === "fixedWindow" ? times[first]! < start : times[first]! <= start) first++;
    worst = Math.max(worst, index + 1 - first - limit);
  });
  return worst;
}
