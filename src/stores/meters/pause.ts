const FIRST_MS = 1_000;
const LONGEST_MS = 900_000;

/**
 * ms until the next try: twice as long each time, up to 15 minutes, and less by up to half so that many spread out.
 * @param tries how many there were
 * @param random from 0 up to 1
 */
export function pause(tries: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 20));
  return Math.ceil(longest * (1 - random / 2));
}
