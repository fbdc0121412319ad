import type { AlgorithmName, Allowance } from "../../src/stores/counters/counter-store.ts";

/** The definition of an algorithm, word for word and without rounding, in any way but the algorithm's own. */
export interface Definition {
  /** Takes the cost, unless it is not there. */
  take(cost: number, now: number): boolean;
  /** Whole units that are there. */
  left(now: number): number;
}

/** A sum for each window of the clock. */
class FixedWindowSums implements Definition {
  readonly #sums = new Map<number, number>();
  readonly #allowance: Allowance;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  left(now: number): number {
    return this.#allowance.limit - (this.#sums.get(this.#window(now)) ?? 0);
  }

  take(cost: number, now: number): boolean {
    const left = this.left(now);
    if (cost > left) return false;
    this.#sums.set(this.#window(now), this.#allowance.limit - left + cost);
    return true;
  }

  #window(now: number): number {
    return (now - (now % this.#allowance.windowMs)) / this.#allowance.windowMs;
  }
}

/** A sum for each window of the clock, of which the one before weighs by what is left of the one that runs. */
class SlidingWindowSums implements Definition {
  readonly #taken = new Map<number, bigint>();
  readonly #allowance: Allowance;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  left(now: number): number {
    const { limit, windowMs } = this.#allowance;
    const window = Math.floor(now / windowMs);
    const share = BigInt((window + 1) * windowMs - now);
    const previous = this.#taken.get(window - 1) ?? 0n;
    const used = (this.#taken.get(window) ?? 0n) + (previous * share) / BigInt(windowMs);
    return limit - Number(used);
  }

  take(cost: number, now: number): boolean {
    if (cost > this.left(now)) return false;
    const window = Math.floor(now / this.#allowance.windowMs);
    this.#taken.set(window, (this.#taken.get(window) ?? 0n) + BigInt(cost));
    return true;
  }
}

/** The bucket's whole story, told again for every question, in fractions with one denominator. */
class BucketStory implements Definition {
  readonly #takes: Array<readonly [cost: bigint, now: bigint]> = [];
  readonly #limit: bigint;
  readonly #windowMs: bigint;
  readonly #burst: bigint;

  constructor({ limit, windowMs, burst }: Allowance) {
    this.#limit = BigInt(limit);
    this.#windowMs = BigInt(windowMs);
    this.#burst = BigInt(burst);
  }

  left(now: number): number {
    const full = this.#burst * this.#windowMs;
    let level = full;
    let then = this.#takes[0]?.[1] ?? 0n;
    const flowIn = (until: bigint) => {
      const more = level + (until - then) * this.#limit;
      level = more > full ? full : more;
      then = until;
    };
    for (const [cost, at] of this.#takes) {
      flowIn(at);
      level -= cost * this.#windowMs;
    }
    flowIn(BigInt(now));
    return Number(level / this.#windowMs);
  }

  take(cost: number, now: number): boolean {
    if (cost > this.left(now)) return false;
    this.#takes.push([BigInt(cost), BigInt(now)]);
    return true;
  }
}

const definitions = {
  slidingWindow: SlidingWindowSums,
  fixedWindow: FixedWindowSums,
  tokenBucket: BucketStory,
} as const satisfies Readonly<Record<AlgorithmName, new (allowance: Allowance) => Definition>>;

/** The definition of the algorithm that the allowance names. */
export function define(allowance: Allowance): Definition {
  return new definitions[allowance.algorithm](allowance);
}
