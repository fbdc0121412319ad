import { BASE62 } from "./base62.ts";

/** Characters of a checksum: 62⁶ is more than 2³². */
export const CHECKSUM_LENGTH = 6;
/** The reversed polynomial of CRC-32 (ISO 3309, as in gzip: RFC 1952 §8). */
const POLYNOMIAL = 0xedb88320;

/**
 * The CRC-32 of an ASCII text in base62. It is no secret and proves nothing: it tells a key from a typing error or
 * a guess without asking the registry. Bit by bit, without a table: it runs only for keys that are not known yet.
 */
export function checksum(text: string): string {
  let crc = 0xffff_ffff;
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  let rest = (crc ^ 0xffff_ffff) >>> 0;
  let digits = "";
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit++) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
