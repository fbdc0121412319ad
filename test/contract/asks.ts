import * as fc from "fast-check";
import type { Ask } from "../../src/leases/message.ts";
import type { AlgorithmName, Allowance } from "../../src/stores/counters/counter-store.ts";

/** An ask of somebody of whom nothing is known. */
export const UNKNOWN: Ask = {
  want: 1,
  least: 1,
  owed: 0,
  rate: 0,
  seen: 0,
  span: 0,
  held: 0,
  before: undefined,
};

/** One ask in a schedule. */
export interface AskStep {
  /** The share of a window that passes before it, to the third power. */
  readonly wait: number;
  readonly ask: Ask;
  /** What the period that it names as told before is behind the current one; undefined where it names none. */
  readonly told: { readonly behind: number; readonly rate: number } | undefined;
}

/** An allowance and asks, most of them such as isolates send and some such as nobody should. */
export interface Schedule {
  readonly allowance: Allowance;
  readonly steps: readonly AskStep[];
}

const rates = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 2, noNaN: true }));

const steps: fc.Arbitrary<AskStep> = fc.record({
  wait: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.1, noNaN: true })),
  ask: fc.record({
    want: fc.oneof(fc.nat(3), fc.nat(200)),
    least: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
    owed: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(60) }),
    rate: rates,
    seen: fc.oneof(fc.nat(20), fc.nat(5_000)),
    span: fc.integer({ min: 1, max: 120_000 }),
    held: fc.nat(5),
    before: fc.constant(undefined),
  }),
  told: fc.option(fc.record({ behind: fc.nat(1), rate: rates }), { nil: undefined }),
});

/** Schedules of leases of a kind: of windows that last for more than ten seconds. */
export function schedules(algorithm: AlgorithmName, maxLength = 60): fc.Arbitrary<Schedule> {
  const limits = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 20_000 }));
  return fc
    .record({
      limit: limits,
      windowMs: fc.constantFrom(15_000, 60_000, 3_600_000, 86_400_000),
      bursting: fc.double({ min: 0.4, max: 3, noNaN: true }),
      steps: fc.array(steps, { minLength: 1, maxLength, size: "max" }),
    })
    .map(({ limit, windowMs, bursting, steps: asked }) => {
      const burst = algorithm === "tokenBucket" ? Math.max(1, Math.ceil(limit * bursting)) : limit;
      return { allowance: { algorithm, limit, windowMs, burst }, steps: asked };
    });
}

/** The asks of a schedule with their times. */
export function* asksOf({ allowance: { windowMs }, steps: asked }: Schedule, start: number) {
  let now = start;
  for (const { wait, ask, told } of asked) {
    now += Math.floor(wait ** 3 * windowMs);
    const before = told && { period: Math.floor(now / windowMs) - told.behind, rate: told.rate };
    const least = ask.want === 0 ? 1 : Math.min(ask.least, ask.want + ask.held);
    yield { now, ask: { ...ask, least, before } as Ask };
  }
}
