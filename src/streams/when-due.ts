/** The longest time that a timer takes, 24 days; one for longer would fire at once. */
const LONGEST_MS = 2_147_483_647;

/**
 * Calls `due` once when the time that `dueAt` tells has come. That time may move on meanwhile and costs nothing by
 * it: the one timer looks again when it fires.
 * @param dueAt in ms since the epoch; `Infinity` for never.
 * @returns what calls it off
 */
export function whenDue(dueAt: () => number, now: () => number, due: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    const left = dueAt() - now();
    if (left <= 0) due();
    else if (left !== Number.POSITIVE_INFINITY) timer = setTimeout(wait, Math.min(left, LONGEST_MS));
  };
  wait();
  return () => clearTimeout(timer);
}
