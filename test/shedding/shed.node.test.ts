import { describe, expect, it } from "vitest";
import type { KeyedContext } from "../../src/context.ts";
import { Shed } from "../../src/shedding/shed.ts";

/** A shed that lets two in, by a clock of its own. */
function shedOfTwo() {
  const clock = { now: 1_000 };
  const shed = new Shed(
    "shop",
    { start: 2, min: 2, max: 2, mode: "enforce" },
    { now: () => clock.now, random: (bytes) => bytes.fill(4) },
  );
  const enter = (deadlineAt: number) => {
    let gone = () => {};
    const ctx = {
      plan: { road: { priority: "critical" } },
      budget: { deadlineAt },
      record: {},
      whenGone: (left: () => void) => {
        gone = left;
      },
    } as unknown as KeyedContext;
    return { entered: shed.enter({}, ctx), gone: () => gone() };
  };
  return { clock, shed, enter };
}

describe("a shed", () => {
  it("says by chance when to come back", () => {
    const { enter } = shedOfTwo();
    enter(30_000);
    enter(30_000);
    expect(() => enter(30_000)).toThrow(
      expect.objectContaining({
        refusal: expect.objectContaining({
          details: expect.objectContaining({ headers: [["Retry-After", "2"]] }),
        }),
      }),
    );
  });

  it("has room again when a client has gone, and counts it once", () => {
    const { enter, shed } = shedOfTwo();
    const first = enter(30_000);
    enter(30_000);
    first.gone();
    enter(30_000);
    shed.leave(first.entered, true, 1_000, 1_000);
    expect(() => enter(30_000)).toThrow("temporary-reduced-capacity");
  });

  it("has room again when a request that was lost without a word would have been over", () => {
    const { enter, clock } = shedOfTwo();
    enter(5_000);
    enter(50_000);
    clock.now = 5_999;
    expect(() => enter(30_000)).toThrow("temporary-reduced-capacity");
    clock.now = 7_000;
    enter(30_000);
    expect(() => enter(30_000)).toThrow("temporary-reduced-capacity");
  });
});
