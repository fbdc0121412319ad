/** In seconds. */
const EARLIEST_S = 1;
const SPREAD_S = 3;

/**
 * A `Retry-After` (RFC 9110 §10.2.3) from 1 to 3 seconds, by chance: those who are told to come back at one moment would
 * come at one moment.
 * @param random fills the array with random bytes
 */
export function jitteredRetryAfter(random: (bytes: Uint8Array) => Uint8Array): string {
  const [byte = 0] = random(new Uint8Array(1));
  return String(EARLIEST_S + (byte % SPREAD_S));
}
