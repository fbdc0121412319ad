/** The digits of base62. */
export const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Bytes from here on are thrown away, so that every digit comes as often as any other: the multiple of 62 below 256. */
const UNEVEN = 248;

/**
 * Random base62 digits.
 * @param random fills an array with random bytes and returns it
 */
export function randomBase62(length: number, random: (bytes: Uint8Array) => Uint8Array): string {
  let digits = "";
  while (digits.length < length) {
    for (const byte of random(new Uint8Array(length))) {
      if (byte < UNEVEN && digits.length < length) digits += BASE62.charAt(byte % 62);
    }
  }
  return digits;
}
