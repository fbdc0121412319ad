// The tree of routes is one ASCII text, made at build and walked as it is: at 10,000 routes, parsing it into objects
// would take longer than a Worker may take to start, and walking ten times as much memory would cost every request.
//
//   number     4 digits of base 64, the highest first; a digit is its value above `0` in ASCII
//   address    number: where in the text something begins; 0 is nowhere
//   node       digit: which of these follow (Has), then of each its address, in this order:
//   routes     count of methods, then for each: number of the method, count of candidates, and of each candidate
//              (numbers of the route and of its parameters' names) in the order in which they are tried
//   rest       the same, for routes that take whatever follows
//   static     count of buckets less one (all bits set), then of each bucket the address of its first child
//   patterned  count, then for each: number of the regular expression, address of the node
//   param      a node
//   child      address of the next in its bucket, length, text as `spell` gives it, node

/** What a node has, as bits of its first digit. */
export const Has = { routes: 1, rest: 2, static: 4, patterned: 8, param: 16 } as const;

/** ASCII code of the digit 0. */
export const ZERO = 48;
/** Characters of a number. */
export const WIDTH = 4;
const LARGEST = 64 ** WIDTH - 1;
const ZEROS = ZERO * (1 + 64 + 64 ** 2 + 64 ** 3);

/** @throws RangeError where it takes more than four digits */
export function writeNumber(value: number): string {
  if (value > LARGEST) throw new RangeError("the routes are too many for one tree");
  return writeDigit(value >> 18) + writeDigit(value >> 12) + writeDigit(value >> 6) + writeDigit(value);
}

/** The lowest digit of a number. */
export function writeDigit(value: number): string {
  return String.fromCharCode(ZERO + (value & 63));
}

export function readNumber(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 18) + (bytes[at + 1]! << 12) + (bytes[at + 2]! << 6) + bytes[at + 3]! - ZEROS;
}

/** FNV-1a, one character at a time, from {@link HASH_START}: decides a child's bucket. */
export function hash(before: number, code: number): number {
  return Math.imul(before ^ code, 0x01000193);
}
export const HASH_START = 0x811c9dc5 | 0;

export function hashOf(text: string): number {
  let result = HASH_START;
  for (let index = 0; index < text.length; index++) result = hash(result, text.charCodeAt(index));
  return result;
}

/**
 * The one spelling of a decoded segment: what is visible ASCII stands for itself, so that a segment without escapes
 * is already so, and two segments are spelt alike only if they are the same.
 */
export function spell(segment: string): string {
  return segment.replace(/[^!-~]|[%/]/gu, encodeURIComponent);
}
