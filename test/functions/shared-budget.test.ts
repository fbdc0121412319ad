import { describe, expect, it } from "vitest";
import { Budget, CONNECTION_SLOTS } from "../../src/budget.ts";
import { SharedBudget } from "../../src/functions/shared-budget.ts";

describe("part of a budget", () => {
  it("ends by itself, but never after the whole", () => {
    const whole = new Budget(1_000);
    expect(new SharedBudget(whole, 400).remaining(100)).toBe(300);
    expect(new SharedBudget(whole, 4_000).remaining(100)).toBe(900);
  });

  it("has the connections of the whole, and no others", async () => {
    const whole = new Budget(1_000);
    const part = new SharedBudget(whole, 400);
    for (let taken = 0; taken < CONNECTION_SLOTS; taken++) expect(part.acquire()).toBeUndefined();
    const waiting = whole.acquire();
    expect(waiting).toBeInstanceOf(Promise);
    part.release();
    await waiting;
    expect(new SharedBudget(part, 400).acquire()).toBeInstanceOf(Promise);
  });
});
