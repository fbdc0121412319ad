/** A median with its 95 % interval. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const DRAWS = 2000;

/** The value below which the share `q` (0 to 1) of an ascending list lies, interpolated. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const position = (ascending.length - 1) * q;
  const below = Math.floor(position);
  const low = ascending[below] ?? Number.NaN;
  const high = ascending[below + 1] ?? low;
  return low + (high - low) * (position - below);
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** Deterministic random numbers in [0, 1) (mulberry32), so that a report can be computed again. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The median of the rounds with its percentile-bootstrap interval: rounds are drawn with replacement. */
export function estimate(rounds: readonly number[], seed = 1): Estimate {
  const random = seededRandom(seed);
  const medians = Array.from({ length: DRAWS }, () =>
    median(rounds.map(() => rounds[Math.floor(random() * rounds.length)] ?? Number.NaN)),
  ).sort((a, b) => a - b);
  return { median: median(rounds), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}
