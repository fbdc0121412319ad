/** A key pair as it is kept. Times in ms since the epoch. */
export interface KeptKey {
  /** The private half. */
  readonly jwk: JsonWebKey & { readonly kid: string };
  /** Published before that, so that whoever verifies knows it by then. */
  readonly signsFrom: number;
  /** The last of its tokens has ended by then. */
  readonly lastsUntil: number;
}

/** For how long a key signs, in ms. */
export const KEY_LIFE_MS = 30 * 24 * 3_600_000;
/** For how long a key is published before it signs, in ms: longer than anybody remembers a key set. */
export const LEAD_MS = 24 * 3_600_000;
/** Clocks differ by less, in ms. */
const TOLERANCE_MS = 10 * 60_000;

/** The key that signs now. @param keys in the order in which they sign */
export function signingKeyAt(keys: readonly KeptKey[], now: number): KeptKey | undefined {
  return keys.findLast(({ signsFrom }) => signsFrom <= now);
}

/** When a new key is to sign from, where it is time to make one. */
export function nextKeyFrom(keys: readonly KeptKey[], now: number): number | undefined {
  const current = signingKeyAt(keys, now);
  if (current === undefined) return now;
  const hasNext = keys.at(-1) !== current;
  return !hasNext && now >= current.signsFrom + KEY_LIFE_MS - LEAD_MS ? now + LEAD_MS : undefined;
}

/** Whether a key signs, will sign, or has signed what may still be presented. */
export function isNeeded(key: KeptKey, keys: readonly KeptKey[], now: number): boolean {
  const current = signingKeyAt(keys, now);
  return key === current || key.signsFrom > now || now < key.lastsUntil + TOLERANCE_MS;
}
