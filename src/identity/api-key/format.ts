import { randomBase62 } from "./base62.ts";
import { CHECKSUM_LENGTH, checksum } from "./checksum.ts";

/** Random digits of a key: 62²⁴ is 142 bits. */
const RANDOM_LENGTH = 24;
/** Longer texts are no key, whatever they hold. */
const LONGEST = 128;
/** What a prefix looks like: words of lower-case letters and digits, such as `shop_live`. */
export const KEY_PREFIX = /^(?=.{1,32}$)[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
/** Visible ASCII: what a header field, a query parameter and a bearer token can all hold. */
const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * Makes a key: `prefix_random_checksum`, such as `shop_live_7Hk…_0QmZ4a`. Whoever finds one sees by its prefix whose
 * it is, and secret scanners find it by its form.
 * @param prefix as {@link KEY_PREFIX} has it
 * @param random fills an array with random bytes and returns it
 */
export function generateKey(prefix: string, random: (bytes: Uint8Array) => Uint8Array): string {
  const body = `${prefix}_${randomBase62(RANDOM_LENGTH, random)}`;
  return `${body}_${checksum(body)}`;
}

/**
 * Whether a text may be a key of this prefix: if not, nobody need be asked. It is not held to the length and digits
 * that are random, so that whatever bears a right checksum is treated alike from here on, in time too.
 */
export function maybeKey(text: string, prefix: string): boolean {
  const end = text.length - CHECKSUM_LENGTH - 1;
  if (text.length > LONGEST || end <= prefix.length + 1 || text.charAt(end) !== "_") return false;
  if (!hasPrefix(text, prefix) || !VISIBLE.test(text)) return false;
  return text.slice(end + 1) === checksum(text.slice(0, end));
}

/** Whether a text begins as keys of this prefix do. */
export function hasPrefix(text: string, prefix: string): boolean {
  return text.startsWith(prefix) && text.charAt(prefix.length) === "_";
}
