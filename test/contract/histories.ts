import * as fc from "fast-check";
import type { AlgorithmName, Allowance } from "../../src/stores/counters/counter-store.ts";

export const DAY = 86_400_000;

const units = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000_000 }));
const windows = fc.oneof(fc.constantFrom(1, 10, 1_000, 60_000, DAY), fc.integer({ min: 1, max: DAY }));
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** One take: after a while, for a share of what there can be, and perhaps given back so many takes later. */
interface Event {
  readonly wait: number;
  readonly share: number;
  readonly backAfter: number | undefined;
}

/** An allowance, and a caller's takes. */
export interface History {
  readonly allowance: Allowance;
  readonly start: number;
  readonly takes: readonly Event[];
}

/** Histories of counters that count by this algorithm. */
export function histories(algorithm: AlgorithmName): fc.Arbitrary<History> {
  const bucket = algorithm === "tokenBucket";
  return fc
    .record({
      limit: units,
      windowMs: windows,
      burst: units,
      start: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      takes: fc.array(
        fc.record({
          wait: fc.double({ min: 0, max: 1.2, noNaN: true }),
          share,
          backAfter: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 60 },
      ),
    })
    .map(({ limit, windowMs, burst, start, takes }) => {
      return { allowance: { algorithm, limit, windowMs, burst: bucket ? burst : limit }, start, takes };
    });
}

/** Ahead of any store's own clock. */
const AHEAD = 4_000_000_000_000;

/**
 * Histories for stores that forget by a clock of their own: they lie ahead of it, and nothing that a take leaves behind
 * is over within ten seconds, or lasts for more than thirty days.
 */
export function lastingHistories(algorithm: AlgorithmName): fc.Arbitrary<History> {
  return histories(algorithm).map(({ allowance, start, takes }) => {
    const windowMs = Math.max(60_000, allowance.windowMs);
    const lasting = { ...allowance, windowMs };
    if (algorithm === "tokenBucket") {
      lasting.limit = Math.min(allowance.limit, Math.ceil(windowMs / 10_000));
      lasting.burst = Math.min(allowance.burst, Math.floor((30 * DAY * lasting.limit) / windowMs));
    }
    return { allowance: lasting, start: AHEAD + Math.floor(start / 4), takes };
  });
}

/** The times and costs of a history. */
export function* eventsOf({ allowance, start, takes }: History) {
  const { windowMs, burst } = allowance;
  let now = start;
  for (const { wait, share, backAfter } of takes) {
    now += Math.floor(wait * wait * wait * windowMs);
    yield { now, cost: Math.max(1, Math.min(burst, Math.floor(share * share * burst))), backAfter };
  }
}
