/** Round trips seen, smoothed as RFC 6298 §2 smooths them; in ms. */
export interface RoundTrip {
  mean: number;
  deviation: number;
  seen: boolean;
}

/** No answer is waited for longer than this, in ms. */
const LONGEST = 1_000;
/** An answer is waited for at least so long: a store that pauses for a moment is not down. */
const SHORTEST = 500;

export function unknownTrip(): RoundTrip {
  return { mean: 0, deviation: 0, seen: false };
}

/** Takes in one round trip. */
export function answered(trip: RoundTrip, ms: number): void {
  if (trip.seen) {
    trip.deviation += (Math.abs(trip.mean - ms) - trip.deviation) / 4;
    trip.mean += (ms - trip.mean) / 8;
  } else {
    trip.mean = ms;
    trip.deviation = ms / 2;
    trip.seen = true;
  }
}

/** How long to wait for an answer: RFC 6298's mean and four deviations, within bounds; a second before the first. */
export function deadlineMs({ mean, deviation, seen }: RoundTrip): number {
  return seen ? Math.min(LONGEST, Math.max(SHORTEST, mean + 4 * deviation)) : LONGEST;
}
