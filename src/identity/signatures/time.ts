/** What is told to a caller whose request is not of now: it says no more than the request itself. */
export const OUT_OF_TIME = "The signature is not of this time";

/** Why a copy is refused, for the log. */
export const COPIED = "the request is a copy of an earlier one";

/** A time in whole seconds since the epoch, as signers write it, in ms; undefined where it is none. */
export function readSeconds(text: string): number | undefined {
  return /^\d{1,11}$/.test(text) ? Number(text) * 1_000 : undefined;
}

/** Whether a time is no further from now than the tolerance, to either side. All in ms. */
export function isNear(time: number, now: number, tolerance: number): boolean {
  return Math.abs(now - time) <= tolerance;
}
