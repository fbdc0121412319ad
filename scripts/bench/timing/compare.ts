import { type Estimate, median, quantile, seededRandom } from "../statistics.ts";

/** A kind's median time beside the first kind's, in µs. */
export interface Comparison {
  readonly median: Estimate;
  /** By how much it is above the first kind's; undefined for that one itself. */
  readonly above: Estimate | undefined;
}

/** Draws of the bootstrap. */
const DRAWS = 4_000;
/** Turns that are drawn together: what slows a machine down lasts longer than a turn. */
const BLOCK = 50;

/**
 * Compares the medians of kinds that have taken turns. Turns are drawn with replacement, the same for all kinds, so that
 * what met a whole turn cancels out.
 * @param kinds the times of each, by turn, in µs
 * @param level of the intervals, such as 0.95
 */
export function compareMedians(
  kinds: ReadonlyArray<readonly number[]>,
  level: number,
  seed: number,
): Comparison[] {
  const blocks = Math.ceil((kinds[0]?.length ?? 0) / BLOCK);
  const random = seededRandom(seed);
  const sorted = kinds.map((times) =>
    times.map((time, turn) => ({ time, block: Math.floor(turn / BLOCK) })).sort((a, b) => a.time - b.time),
  );
  const drawn = kinds.map(() => [] as number[]);
  for (let draw = 0; draw < DRAWS; draw++) {
    const weights = new Uint16Array(blocks);
    for (let n = 0; n < blocks; n++) weights[Math.floor(random() * blocks)]!++;
    for (const [kind, times] of sorted.entries()) drawn[kind]!.push(weightedMedian(times, weights));
  }
  const interval = (middle: number, values: readonly number[]): Estimate => {
    const ascending = values.toSorted((a, b) => a - b);
    return {
      median: middle,
      low: quantile(ascending, (1 - level) / 2),
      high: quantile(ascending, (1 + level) / 2),
    };
  };
  const medians = kinds.map(median);
  return kinds.map((_, kind) => ({
    median: interval(medians[kind]!, drawn[kind]!),
    above:
      kind === 0
        ? undefined
        : interval(
            medians[kind]! - medians[0]!,
            drawn[kind]!.map((value, draw) => value - drawn[0]![draw]!),
          ),
  }));
}

interface Placed {
  readonly time: number;
  readonly block: number;
}

/** The median where each time counts as often as its block was drawn. @param ascending by time */
function weightedMedian(ascending: readonly Placed[], weights: Uint16Array): number {
  let all = 0;
  for (const { block } of ascending) all += weights[block]!;
  let below = 0;
  for (const { time, block } of ascending) {
    below += weights[block]!;
    if (below * 2 >= all) return time;
  }
  return Number.NaN;
}
