import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycles, worstCase } from "../../../src/actions/compose/plan.ts";

const steps = (after: ReadonlyArray<readonly number[]>) => after.map((needed) => ({ after: needed }));

/** Steps that only wait for earlier ones. */
const acyclic = fc
  .array(fc.array(fc.nat({ max: 100 }), { maxLength: 3 }), { minLength: 1, maxLength: 20 })
  .map((rows) => rows.map((row, index) => (index === 0 ? [] : [...new Set(row.map((n) => n % index))])));

describe("worstCase", () => {
  it.each([
    ["one step", [[]], 1],
    ["six at once", Array(6).fill([]), 1],
    ["seven at once", Array(7).fill([]), 2],
    ["a chain", [[], [0], [1]], 3],
    ["a diamond", [[], [0], [0], [1, 2]], 3],
    ["a second round that a late starter shares", [...Array(7).fill([]), [0]], 2],
  ])("counts the rounds of %s", (_, after, rounds) => {
    expect(worstCase(steps(after))).toEqual({ subrequests: after.length, rounds });
  });

  it("never needs fewer rounds than the longest chain or six at a time, nor more than one for each step", () => {
    fc.assert(
      fc.property(acyclic, (after) => {
        const depth: number[] = [];
        for (const needed of after) depth.push(1 + Math.max(0, ...needed.map((index) => depth[index]!)));
        const { rounds } = worstCase(steps(after));
        expect(rounds).toBeGreaterThanOrEqual(Math.max(...depth, Math.ceil(after.length / 6)));
        expect(rounds).toBeLessThanOrEqual(after.length);
      }),
    );
  });
});

describe("findCycles", () => {
  it("finds none where steps only wait for earlier ones", () => {
    fc.assert(fc.property(acyclic, (after) => findCycles(after).length === 0));
  });

  it("finds a step that waits for itself, and rings of any length", () => {
    expect(findCycles([[0]])).toEqual([[0, 0]]);
    expect(findCycles([[1], [2], [0], []])).toEqual([[0, 1, 2, 0]]);
    expect(findCycles([[], [2], [1], [4], [3]])).toEqual([
      [1, 2, 1],
      [3, 4, 3],
    ]);
  });
});
