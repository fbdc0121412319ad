import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  expiresAt,
  type SlidingWindow,
  takeFromSlidingWindow,
} from "../../../src/stores/counters/sliding-window.ts";

const DAY = 86_400_000;

/** The definition, word for word and without rounding: the state of the counter is the list of all takes. */
class Reference {
  readonly #taken = new Map<number, bigint>();
  readonly limit: number;
  readonly windowMs: number;

  constructor(limit: number, windowMs: number) {
    this.limit = limit;
    this.windowMs = windowMs;
  }

  used(now: number): bigint {
    const window = Math.floor(now / this.windowMs);
    const share = BigInt((window + 1) * this.windowMs - now);
    const previous = this.#taken.get(window - 1) ?? 0n;
    return (this.#taken.get(window) ?? 0n) + (previous * share) / BigInt(this.windowMs);
  }

  take(cost: number, now: number): boolean {
    if (this.used(now) + BigInt(cost) > BigInt(this.limit)) return false;
    const window = Math.floor(now / this.windowMs);
    this.#taken.set(window, (this.#taken.get(window) ?? 0n) + BigInt(cost));
    return true;
  }
}

const limits = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000_000 }));
const windows = fc.oneof(fc.constantFrom(1, 10, 1_000, 60_000, DAY), fc.integer({ min: 1, max: DAY }));

/** A limit and a caller's takes: each after a while, for a share of the limit. */
const histories = fc.record({
  limit: limits,
  windowMs: windows,
  start: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  takes: fc.array(
    fc.record({
      wait: fc.double({ min: 0, max: 1.2, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    {
      minLength: 1,
      maxLength: 60,
    },
  ),
});

function* replay({
  limit,
  windowMs,
  start,
  takes,
}: typeof histories extends fc.Arbitrary<infer H> ? H : never) {
  let state: SlidingWindow | undefined;
  let now = start;
  for (const { wait, share } of takes) {
    now += Math.floor(wait * wait * wait * windowMs);
    const cost = Math.max(1, Math.min(limit, Math.floor(share * share * limit)));
    const before = state;
    const answer = takeFromSlidingWindow(before, { limit, windowMs, cost }, now);
    state = answer.state;
    yield { before, state, grant: answer.grant, cost, now };
  }
}

describe("takeFromSlidingWindow", () => {
  it("decides as the definition does, to the last unit", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const reference = new Reference(history.limit, history.windowMs);
        for (const { grant, cost, now } of replay(history)) {
          expect(grant.allowed).toBe(reference.take(cost, now));
          expect(BigInt(grant.remaining)).toBe(BigInt(history.limit) - reference.used(now));
        }
      }),
    );
  });

  it("grants at most the limit in a window of the clock, and twice that in any stretch as long", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const granted = [...replay(history)].filter(({ grant }) => grant.allowed);
        for (const { now } of granted) {
          const sum = (from: number): number =>
            granted
              .filter((take) => take.now >= from && take.now < from + history.windowMs)
              .reduce((total, { cost }) => total + cost, 0);
          expect(sum(now)).toBeLessThanOrEqual(2 * history.limit);
          expect(sum(Math.floor(now / history.windowMs) * history.windowMs)).toBeLessThanOrEqual(
            history.limit,
          );
        }
      }),
    );
  });

  it("changes nothing when it refuses", () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { before, state, grant } of replay(history)) {
          if (!grant.allowed) expect(state).toBe(before);
        }
      }),
    );
  });

  it("is allowed exactly resetMs after a refusal, and not a millisecond before", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { limit, windowMs } = history;
        for (const { state, grant, cost, now } of replay(history)) {
          if (grant.allowed) continue;
          const later = (ms: number) =>
            takeFromSlidingWindow(state, { limit, windowMs, cost }, now + ms).grant.allowed;
          expect(later(grant.resetMs)).toBe(true);
          expect(later(grant.resetMs - 1)).toBe(false);
        }
      }),
    );
  });

  it("has one more unit exactly resetMs after a grant, and not a millisecond before", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { limit, windowMs } = history;
        for (const { state, grant, now } of replay(history)) {
          if (!grant.allowed) continue;
          const more = { limit, windowMs, cost: grant.remaining + 1 };
          expect(takeFromSlidingWindow(state, more, now + grant.resetMs).grant.allowed).toBe(true);
          expect(takeFromSlidingWindow(state, more, now + grant.resetMs - 1).grant.allowed).toBe(false);
        }
      }),
    );
  });

  it("frees nothing when the clock goes back, and tells the wait by that clock", () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 3 * DAY }), (history, back) => {
        const { limit, windowMs } = history;
        for (const { state, grant, now } of replay(history)) {
          const more = { limit, windowMs, cost: Math.min(limit, grant.remaining + 1) };
          if (takeFromSlidingWindow(state, more, now).grant.allowed) continue;
          const early = takeFromSlidingWindow(state, more, now - back).grant;
          expect(early.allowed).toBe(false);
          expect(takeFromSlidingWindow(state, more, now - back + early.resetMs).grant.allowed).toBe(true);
        }
      }),
    );
  });

  it("has nothing left to remember once a counter has expired", () => {
    fc.assert(
      fc.property(histories, ({ limit, windowMs, start }) => {
        const { state } = takeFromSlidingWindow(undefined, { limit, windowMs, cost: limit }, start);
        const whole = { limit, windowMs, cost: limit };
        expect(takeFromSlidingWindow(state, whole, expiresAt(state!)).grant.allowed).toBe(true);
      }),
    );
  });

  it("starts anew when the window's length was changed", () => {
    const { state } = takeFromSlidingWindow(undefined, { limit: 1, windowMs: 60_000, cost: 1 }, 0);
    expect(takeFromSlidingWindow(state, { limit: 1, windowMs: DAY, cost: 1 }, 1).grant.allowed).toBe(true);
  });

  it("refuses, without a negative rest, when the limit was lowered", () => {
    const { state } = takeFromSlidingWindow(undefined, { limit: 9, windowMs: 1_000, cost: 9 }, 0);
    const { grant } = takeFromSlidingWindow(state, { limit: 3, windowMs: 1_000, cost: 1 }, 1);
    expect(grant).toMatchObject({ allowed: false, remaining: 0 });
  });

  it("throws for a cost above the limit", () => {
    expect(() => takeFromSlidingWindow(undefined, { limit: 1, windowMs: 1_000, cost: 2 }, 0)).toThrow(
      RangeError,
    );
  });
});
