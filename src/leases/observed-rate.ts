/** Arrivals in two stretches of time, of which the older is dropped when the younger is full. */
export interface ObservedRate {
  /** When the younger began; the first arrival ever begins it and is not counted. */
  since: number;
  seen: number;
  /** The older one's length in ms, and its arrivals. */
  spanBefore: number;
  seenBefore: number;
}

/** A stretch is full when it has this many arrivals and an eighth of a window, or a whole window. */
const FULL = 32;

export function noRate(): ObservedRate {
  return { since: Number.NEGATIVE_INFINITY, seen: 0, spanBefore: 0, seenBefore: 0 };
}

/** Counts arrivals. */
export function observe(observed: ObservedRate, now: number, windowMs: number, count = 1): void {
  if (observed.since === Number.NEGATIVE_INFINITY) {
    observed.since = now;
    return;
  }
  observed.seen += count;
  const span = now - observed.since;
  if ((observed.seen >= FULL && span >= windowMs / 8) || span >= windowMs) {
    observed.spanBefore = span;
    observed.seenBefore = observed.seen;
    observed.since = now;
    observed.seen = 0;
  }
}

/** What has been seen: requests a ms, from how many requests, over how many ms. 0 where it is too early to say. */
export function rateOf(observed: ObservedRate, now: number): { rate: number; seen: number; span: number } {
  const seen = observed.seen + observed.seenBefore;
  const span = now - observed.since + observed.spanBefore;
  return seen < 2 || span <= 0 || !Number.isFinite(span)
    ? { rate: 0, seen: 0, span: 0 }
    : { rate: seen / span, seen, span };
}
