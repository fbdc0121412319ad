import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Budget } from "../../src/budget.ts";
import { inTime } from "../../src/functions/in-time.ts";

const now = () => 1_000;
const ctx = { budget: new Budget(1_500) };

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

describe("what a function comes to", () => {
  it("is there at once, or when it is there, and leaves no timer", async () => {
    expect(await inTime("now", ctx, { now })).toBe("now");
    expect(await inTime(Promise.resolve("soon"), ctx, { now })).toBe("soon");
    await expect(inTime(Promise.reject(new Error("broken")), ctx, { now })).rejects.toThrow("broken");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not waited for past the deadline", async () => {
    const late = inTime(new Promise(() => {}), ctx, { now });
    const refused = expect(late).rejects.toThrow("deadline-exceeded");
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
  });

  it("is not waited for any longer where it is a promise of another kind", async () => {
    // biome-ignore lint/suspicious/noThenProperty: such an object is what is tested.
    const never = { then() {} } as unknown as PromiseLike<string>;
    const late = inTime(never, ctx, { now });
    const refused = expect(late).rejects.toThrow("deadline-exceeded");
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
    // biome-ignore lint/suspicious/noThenProperty: the same.
    const soon = { then: (take: (value: string) => void) => take("soon") } as unknown as PromiseLike<string>;
    expect(await inTime(soon, ctx, { now })).toBe("soon");
  });
});
