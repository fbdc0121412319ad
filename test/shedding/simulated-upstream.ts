import { AdaptiveLimit, type Bounds } from "../../src/shedding/adaptive-limit.ts";

/** An upstream under virtual time: so many requests are worked on at once, the others stand in line. */
export interface Load {
  /** Requests that it works on at once, at a moment (ms). */
  readonly workers: (now: number) => number;
  /** How long it works on one, in ms, by a number from 0 to 1. */
  readonly work: (now: number, chance: number) => number;
  /** Requests a second that arrive. */
  readonly rate: (now: number) => number;
  readonly seconds: number;
  /** Without it everybody is let in. */
  readonly bounds?: Bounds;
}

/** What became of one request. */
export interface Outcome {
  readonly at: number;
  /** ms until its answer; undefined where it was shed. */
  readonly took: number | undefined;
}

interface InFlight {
  readonly sentAt: number;
  readonly work: number;
  endsAt: number;
}

/** Numbers from 0 to 1 that are the same in every run. */
export function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Runs the real limit against it, ms by ms. */
export function simulate({ workers, work, rate, seconds, bounds }: Load, seed = 7): readonly Outcome[] {
  const chance = chances(seed);
  const limit = bounds && new AdaptiveLimit(bounds, 0);
  const outcomes: Outcome[] = [];
  const working: InFlight[] = [];
  const line: InFlight[] = [];
  let due = 0;
  for (let now = 0; now < seconds * 1_000; now++) {
    for (let index = working.length - 1; index >= 0; index--) {
      const each = working[index]!;
      if (each.endsAt > now) continue;
      const inFlight = working.length + line.length;
      working.splice(index, 1);
      limit?.answered(each.sentAt, now, inFlight);
      outcomes.push({ at: now, took: now - each.sentAt });
    }
    // Poisson arrivals.
    due -= rate(now) / 1_000;
    while (due < 0) {
      due -= Math.log(1 - chance());
      if (limit !== undefined && working.length + line.length >= limit.current) {
        outcomes.push({ at: now, took: undefined });
      } else line.push({ sentAt: now, work: work(now, chance()), endsAt: 0 });
    }
    while (line.length > 0 && working.length < workers(now)) {
      const next = line.shift()!;
      next.endsAt = now + next.work;
      working.push(next);
    }
  }
  return outcomes;
}

/** Answers a second, how many were shed, and how long answers took, within a span in seconds. */
export function within(outcomes: readonly Outcome[], from: number, to: number) {
  const those = outcomes.filter(({ at }) => at >= from * 1_000 && at < to * 1_000);
  const took = those.flatMap((outcome) => outcome.took ?? []).sort((a, b) => a - b);
  return {
    rate: took.length / (to - from),
    shed: those.length - took.length,
    median: took[Math.floor(took.length / 2)]!,
    slowest: took[Math.floor(took.length * 0.99)]!,
  };
}
