import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Algorithm, CounterState } from "../../src/stores/counters/algorithm.ts";
import type { AlgorithmName, Allowance, Grant } from "../../src/stores/counters/counter-store.ts";
import { define } from "./definitions.ts";
import { DAY, eventsOf, type History, histories } from "./histories.ts";

/** An algorithm under test. */
export interface AlgorithmSubject {
  readonly name: AlgorithmName;
  readonly algorithm: Algorithm;
}

/** What every algorithm keeps to. Waits are exact to the millisecond, counts to the unit. */
export function algorithmContract({ name, algorithm }: AlgorithmSubject): void {
  const all = histories(name);
  const check = (property: fc.IRawProperty<unknown>) => fc.assert(property);

  function* replay(history: History) {
    let state: CounterState | undefined;
    for (const { now, cost } of eventsOf(history)) {
      const before = state;
      const taken = algorithm.take(before, history.allowance, cost, now);
      state = taken.state;
      yield { before, state, grant: taken.grant, cost, now };
    }
  }
  const ask = (state: CounterState | undefined, allowance: Allowance, cost: number, now: number): Grant =>
    algorithm.take(state, allowance, cost, now).grant;

  describe(`algorithm: ${name}`, () => {
    it("decides as the definition does, to the last unit", () => {
      check(
        fc.property(all, (history) => {
          const definition = define(history.allowance);
          for (const { grant, cost, now } of replay(history)) {
            expect(grant.allowed).toBe(definition.take(cost, now));
            expect(grant.remaining).toBe(definition.left(now));
          }
        }),
      );
    });

    it("changes nothing when it refuses", () => {
      check(
        fc.property(all, (history) => {
          for (const { before, state, grant } of replay(history)) {
            if (!grant.allowed) expect(state).toBe(before);
          }
        }),
      );
    });

    it("is allowed exactly resetMs after a refusal, and not a millisecond before", () => {
      check(
        fc.property(all, (history) => {
          for (const { state, grant, cost, now } of replay(history)) {
            if (grant.allowed) continue;
            expect(ask(state, history.allowance, cost, now + grant.resetMs).allowed).toBe(true);
            expect(ask(state, history.allowance, cost, now + grant.resetMs - 1).allowed).toBe(false);
          }
        }),
      );
    });

    it("has one more unit exactly resetMs after a grant, and not a millisecond before", () => {
      check(
        fc.property(all, (history) => {
          for (const { state, grant, now } of replay(history)) {
            if (!grant.allowed) continue;
            const more = grant.remaining + 1;
            expect(ask(state, history.allowance, more, now + grant.resetMs).allowed).toBe(true);
            expect(ask(state, history.allowance, more, now + grant.resetMs - 1).allowed).toBe(false);
          }
        }),
      );
    });

    it("frees nothing when the clock goes back, and tells the wait by that clock", () => {
      check(
        fc.property(all, fc.integer({ min: 1, max: 3 * DAY }), (history, back) => {
          const { allowance } = history;
          for (const { state, grant, now } of replay(history)) {
            const more = Math.min(allowance.burst, grant.remaining + 1);
            if (ask(state, allowance, more, now).allowed) continue;
            const early = ask(state, allowance, more, now - back);
            expect(early.allowed).toBe(false);
            expect(ask(state, allowance, more, now - back + early.resetMs).allowed).toBe(true);
          }
        }),
      );
    });

    it("grants no less after the clock has gone back and come forth again", () => {
      check(
        fc.property(all, fc.integer({ min: 1, max: 3 * DAY }), (history, back) => {
          const { allowance } = history;
          for (const { state, now } of replay(history)) {
            const later = algorithm.take(state, allowance, 1, now - back);
            if (!later.grant.allowed) continue;
            const usual = algorithm.take(state, allowance, 1, now).grant;
            const left = (of: CounterState | undefined) => {
              const { allowed, remaining } = ask(of, allowance, 1, now);
              return allowed ? remaining + 1 : remaining;
            };
            expect(left(later.state)).toBe(usual.remaining);
          }
        }),
      );
    });

    it("is allowed exactly resetMs after a refusal where more was used than there was, and has no negative rest", () => {
      check(
        fc.property(all, fc.integer({ min: 1, max: 300 }), (history, percent) => {
          const { allowance } = history;
          for (const { state, cost, now } of replay(history)) {
            const overdrawn = algorithm.charge(
              state,
              allowance,
              Math.ceil((allowance.burst * percent) / 100),
              now,
            );
            const { allowed, remaining, resetMs } = ask(overdrawn, allowance, cost, now);
            expect(remaining).toBeGreaterThanOrEqual(0);
            if (allowed) continue;
            expect(ask(overdrawn, allowance, cost, now + resetMs).allowed).toBe(true);
            expect(ask(overdrawn, allowance, cost, now + resetMs - 1).allowed).toBe(false);
          }
        }),
      );
    });

    it("grants no more where units were charged than where they were taken", () => {
      check(
        fc.property(all, fc.integer({ min: 0, max: DAY }), (history, wait) => {
          const { allowance } = history;
          for (const { before, state, grant, cost, now } of replay(history)) {
            if (!grant.allowed) continue;
            const charged = algorithm.charge(before, allowance, cost, now);
            expect(ask(charged, allowance, 1, now + wait)).toEqual(ask(state, allowance, 1, now + wait));
          }
        }),
      );
    });

    it("has nothing left to remember once a counter has expired", () => {
      check(
        fc.property(all, fc.integer({ min: 0, max: 1_000 }), (history, owed) => {
          const { allowance } = history;
          for (const { state: taken, now } of replay(history)) {
            const state = owed === 0 ? taken : algorithm.charge(taken, allowance, owed, now);
            if (state === undefined) continue;
            const expiry = algorithm.expiresAt(state, allowance);
            expect(ask(state, allowance, allowance.burst, expiry).allowed).toBe(true);
          }
        }),
      );
    });

    it("has everything again two spans after everything was taken", () => {
      check(
        fc.property(all, ({ allowance, start }) => {
          const { state } = algorithm.take(undefined, allowance, allowance.burst, start);
          const span = algorithm.span(allowance);
          expect(ask(state, allowance, allowance.burst, start + 2 * span).allowed).toBe(true);
        }),
      );
    });

    it("takes the state of another algorithm, or of another window length, for none", () => {
      check(
        fc.property(all, ({ allowance, start }) => {
          const whole = allowance.burst;
          const { state } = algorithm.take(undefined, allowance, whole, start);
          const other = { ...allowance, windowMs: allowance.windowMs + 1 };
          expect(ask(state, other, whole, start).allowed).toBe(true);
          const foreign = { ...state!, algorithm: "another" } as unknown as CounterState;
          expect(ask(foreign, allowance, whole, start).allowed).toBe(true);
        }),
      );
    });

    it("refuses, without a negative rest, when the limit was lowered", () => {
      const allowance = { algorithm: name, limit: 9, windowMs: 1_000, burst: 9 };
      const { state } = algorithm.take(undefined, allowance, 9, 0);
      expect(ask(state, { ...allowance, limit: 3, burst: 3 }, 1, 1)).toMatchObject({
        allowed: false,
        remaining: 0,
      });
    });

    it("throws for a cost that could never be granted", () => {
      const allowance = { algorithm: name, limit: 1, windowMs: 1_000, burst: 1 };
      expect(() => algorithm.take(undefined, allowance, 2, 0)).toThrow(RangeError);
    });

    it("never grants more for what was given back than if it had never been taken", () => {
      check(
        fc.property(all, (history) => {
          const { allowance } = history;
          let state: CounterState | undefined;
          const kept: Array<readonly [cost: number, now: number]> = [];
          const back: Array<{ due: number; cost: number; at: number }> = [];
          let index = 0;
          for (const { now, cost: asked, backAfter } of eventsOf(history)) {
            // Greedy takes: what is given back too much is found out by who takes all there is.
            const { allowed, remaining } = ask(state, allowance, 1, now);
            const cost = allowed && index % 2 === 1 ? remaining + 1 : asked;
            const taken = algorithm.take(state, allowance, cost, now);
            state = taken.state;
            if (taken.grant.allowed && backAfter === undefined) kept.push([cost, now]);
            if (taken.grant.allowed && backAfter !== undefined) {
              back.push({ due: index + backAfter, cost, at: taken.grant.at });
            }
            for (const refund of back.filter(({ due }) => due === index)) {
              state = algorithm.refund(state!, allowance, refund.cost, refund.at);
            }
            index++;
          }
          // In the world where nothing was ever given back, because it was never taken, the same takes are granted.
          const definition = define(allowance);
          for (const [cost, now] of kept) expect(definition.take(cost, now)).toBe(true);
        }),
      );
    });

    it("is as if nothing had been taken where it is given back before anybody else takes", () => {
      check(
        fc.property(all, fc.integer({ min: 0, max: 2 * DAY }), (history, wait) => {
          const { allowance } = history;
          for (const { before, state, grant, cost, now } of replay(history)) {
            if (!grant.allowed) continue;
            const refunded = algorithm.refund(state!, allowance, cost, grant.at);
            const left = (of: CounterState | undefined) => ask(of, allowance, 1, now + wait);
            expect(left(refunded)).toEqual(left(before));
          }
        }),
      );
    });

    it("knows whether a counter is believed to be as full as it is", () => {
      check(
        fc.property(
          all,
          fc.integer({ min: 0, max: 2 * DAY }),
          fc.integer({ min: 0, max: 1_000 }),
          (history, wait, owed) => {
            const { allowance } = history;
            for (const { state: taken, now } of replay(history)) {
              const state = owed === 0 ? taken : algorithm.charge(taken, allowance, owed, now);
              if (state === undefined) continue;
              const kept = algorithm.ahead(state, allowance);
              expect(algorithm.covers(kept, state, allowance)).toBe(true);
              const next = algorithm.take(state, allowance, 1, now + wait);
              if (!next.grant.allowed) continue;
              const left = (of: CounterState) => ask(of, allowance, 1, now + wait);
              if (algorithm.covers(kept, next.state!, allowance)) {
                expect(left(kept).remaining).toBeLessThanOrEqual(left(next.state!).remaining);
              }
              expect(algorithm.covers(next.state!, next.state!, allowance)).toBe(true);
              if (wait === 0) expect(algorithm.covers(state, next.state!, allowance)).toBe(false);
            }
          },
        ),
      );
    });
  });
}
