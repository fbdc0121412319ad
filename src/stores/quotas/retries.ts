const FIRST_MS = 1_000;
const LONGEST_MS = 3_600_000;
/** After three days whoever should have been told is not listening. */
const GIVEN_UP_MS = 3 * 86_400_000;

/**
 * When to try again what has failed: after 1 s, then after twice as long each time, up to an hour.
 * @param tries how often it was tried, this time among them
 * @param since when it was to be done first
 * @returns ms since the epoch; undefined once it is given up
 */
export function nextTry(tries: number, since: number, now: number): number | undefined {
  if (now - since >= GIVEN_UP_MS) return undefined;
  return now + Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 20));
}
