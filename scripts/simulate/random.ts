/** Numbers from 0 up to 1 that a seed decides. */
export type Random = () => number;

/** Marsaglia's xorshift with 32 bits, started from a mixed seed. */
export function seededRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  // The first numbers of small seeds are alike.
  for (let index = 0; index < 16; index++) next();
  return next;
}

/** Time until the next of events that come `rate` a ms on average, independent of each other. */
export function exponential(random: Random, rate: number): number {
  return -Math.log(1 - random()) / rate;
}

/** A number from 1 with a tail that falls with `shape`. */
export function pareto(random: Random, shape: number): number {
  return (1 - random()) ** (-1 / shape);
}
