import type { Deps } from "../deps.ts";

/** By how much of a wait it is spread. */
const SHARE = 1 / 10;

/**
 * A wait for `Retry-After`, made up to a tenth longer by chance: those who are told to come back in one second would come
 * in that second. Never shorter; a wait of one second stays as it is, any other is spread over two seconds at least.
 * @param seconds whole, from 1
 * @param random fills the array with random bytes
 */
export function spreadWait(seconds: number, random: Deps["random"]): number {
  if (seconds < 2) return seconds;
  const longest = Math.max(1, Math.floor(seconds * SHARE));
  const [high = 0, low = 0] = random(new Uint8Array(2));
  return seconds + Math.floor(((high * 256 + low) / 65_536) * (longest + 1));
}
