import type { Ask } from "./message.ts";

/** What the size of a grant depends on beside the ask. */
export interface Supply {
  /** Tokens that the store can grant now. */
  readonly left: number;
  /** All that it can grant in a window. */
  readonly limit: number;
  /** What is granted without knowledge: {@link firstGrant}. */
  readonly first: number;
  /** Tokens that isolates are believed to hold. */
  readonly held: number;
  /** Requests a ms from all isolates, the asker's included. */
  readonly rate: number;
  /** Sum of the square roots of the isolates' rates. */
  readonly roots: number;
  /** Isolates that have asked. */
  readonly isolates: number;
  /** Ms until what is granted now expires. */
  readonly ttlMs: number;
}

/** A grant without knowledge, and the least bound on one with little. Two intervals are the first that say anything. */
const FIRST = 3;
/** No more than this part of the limit is granted without knowledge: a small limit must not lie about in isolates. */
const FIRST_PART = 20;
/** How many times the requests that were seen may be granted: the rate is known no better than that at first. */
const TRUST = 8;
/** The same where the limit will not be reached, so that too much harms nobody yet. */
const TRUST_AMPLE = 12;
/**
 * From so many tokens on a grant is worth its ask, and is let grow by no more than what was seen: the first to tell
 * their rates must not take what the others turn out to need.
 */
const WORTHWHILE = 64;
/** Of what would be more than that, where the limit will be reached, this part is granted at a time. */
const PARTS = 4;
/** A typical rate counts as much as so many requests that were seen. */
const PRIOR = 2.5;
/** Standard deviations beyond the expected need that are granted where the limit will not be reached. */
const AMPLE = 2;
/** The share of the limit that isolates together may be expected to hold when it is reached. */
const STRANDED = 0.025;
/** The scale of a logistic distribution with a standard deviation of 1. */
const LOGISTIC = Math.sqrt(3) / Math.PI;

/** What an isolate is granted of which nothing is known yet. @param limit tokens in a window */
export function firstGrant(limit: number): number {
  return Math.min(FIRST, Math.max(1, Math.floor(limit / FIRST_PART)));
}

/**
 * How many tokens to grant: never more than there are, never fewer than wait unless there are fewer. And none where none of
 * those who wait could make use of what there is: what one is refused for must not be kept from the others.
 */
export function grantSize(ask: Ask, supply: Supply): number {
  // Nothing left and nobody's rate known would be no number.
  if (supply.left === 0 || isOfNoUse(ask, supply.left)) return 0;
  return Math.min(supply.left, Math.max(ask.want, Math.round(wished(ask, supply) - ask.held)));
}

function isOfNoUse({ want, least, held }: Ask, tokens: number): boolean {
  return tokens < want && tokens + held < least;
}

/** How many tokens the store must hold before the asker can be granted more. @param left after what it is granted now */
export function beyond({ least, held }: Pick<Ask, "least" | "held">, tokens: number, left: number): number {
  return tokens > 0 ? left + 1 : Math.max(left + 1, least - held);
}

/**
 * What the asker should hold. It needs its rate times the time until all isolates together have reached the limit, or
 * until what it holds expires. How far that is off follows from how many requests were seen. Where the limit will not
 * be reached, it is granted amply, so that it need not ask again; where it will, so much that what is expected to
 * be left over is its part of {@link STRANDED}. Parts go by the square root of rates: of all ways to share out what may
 * lie about, that one costs the fewest asks.
 */
function wished(ask: Ask, supply: Supply): number {
  const { left, limit, first, held, rate: total, roots, isolates, ttlMs } = supply;
  // The mean of the roots, since few isolates serve most requests, and the mean of rates is theirs.
  const typical = (roots / isolates) ** 2;
  if (!(typical > 0)) return first;
  const seen = ask.seen + PRIOR;
  const rate = seen / (ask.span + PRIOR / typical);
  const exhaustedMs = (left + held) / total;
  const need = rate * Math.min(ttlMs, exhaustedMs);
  const deviation = Math.sqrt(need + (need * need) / seen);
  if (exhaustedMs >= ttlMs) {
    return Math.min(need + AMPLE * deviation, mostAfter(ask.seen, TRUST_AMPLE, first));
  }
  const spare = (STRANDED * limit * Math.sqrt(rate)) / roots;
  const size = need + moreThanNeeded(spare, deviation * LOGISTIC);
  return Math.min(inParts(size), mostAfter(ask.seen, TRUST, first), rate * ttlMs + 1);
}

/** A large need in parts: what is known gets better from ask to ask. */
function inParts(size: number): number {
  return Math.min(size, Math.max(WORTHWHILE, size / PARTS));
}

/** The most to grant who was seen for so many requests. */
function mostAfter(seen: number, trust: number, first: number): number {
  return Math.max(first, Math.min(seen * trust, WORTHWHILE + seen));
}

/**
 * How much more than the mean of a need to grant (or, below 0, less) so that `spare` is expected to be left over: the
 * inverse of scale · ln(1 + e^(x/scale)), which is what is left over where needs are distributed logistically.
 */
function moreThanNeeded(spare: number, scale: number): number {
  // There the two are equal but for 1 in 10⁸, and the exponential would become infinite.
  if (spare > 20 * scale) return spare;
  return scale * Math.log(Math.expm1(spare / scale));
}
