import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Budget, CONNECTION_SLOTS } from "../src/budget.ts";

describe("a request's budget", () => {
  it("knows what time is left, and never less than none", () => {
    const budget = new Budget(1_000);
    expect([
      budget.remaining(0),
      budget.remaining(999),
      budget.remaining(1_000),
      budget.remaining(5_000),
    ]).toEqual([1_000, 1, 0, 0]);
  });

  it("gives six slots at once and makes the seventh wait", async () => {
    const budget = new Budget(0);
    for (let slot = 0; slot < CONNECTION_SLOTS; slot++) expect(budget.acquire()).toBeUndefined();
    const seventh = budget.acquire();
    expect(seventh).toBeInstanceOf(Promise);
    budget.release();
    await seventh;
    expect(budget.subrequests).toBe(7);
  });

  it("gives slots in the order in which they were asked for, and never more than six", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("ask", "end"), { maxLength: 60 }), async (moves) => {
        const budget = new Budget(0);
        const started: number[] = [];
        let asked = 0;
        let ended = 0;
        for (const move of moves) {
          if (move === "ask") {
            const number = asked++;
            const wait = budget.acquire();
            if (wait === undefined) started.push(number);
            else void wait.then(() => started.push(number));
          } else if (ended < started.length) {
            ended++;
            budget.release();
          }
          await Promise.resolve();
          await Promise.resolve();
          expect(started.length - ended).toBeLessThanOrEqual(CONNECTION_SLOTS);
          // Nobody waits while a slot is free.
          expect(started.length).toBe(Math.min(asked, ended + CONNECTION_SLOTS));
        }
        expect(started).toEqual([...started].sort((a, b) => a - b));
        expect(budget.subrequests).toBe(asked);
      }),
    );
  });
});
