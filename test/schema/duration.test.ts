import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, parseDuration } from "../../src/schema/duration.ts";

describe("duration", () => {
  it.each([
    ["0s", 0],
    ["250ms", 250],
    ["1.5s", 1_500],
    ["0.001s", 1],
    ["1.1s", 1_100],
    ["10m", 600_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
  ])("%s is %d ms", (text, ms) => {
    expect(duration().parse(text)).toBe(ms);
  });

  it.each([
    "",
    "10",
    "s",
    "10 s",
    " 10s",
    "10s ",
    "-1s",
    "+1s",
    "1e3s",
    ".5s",
    "1.s",
    "10S",
    "10sec",
    "0.5ms",
    "0.0001s",
    "1m30s",
    "٣s",
    "99999999999d",
  ])("%j is no duration", (text) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(duration().safeParse(text).error?.issues[0]?.message).toContain("is not a duration");
  });

  it("holds its bounds, both inclusive, and names the one that was passed", () => {
    const schema = duration({ min: "1s", max: "5m" });
    expect(schema.parse("1s")).toBe(1_000);
    expect(schema.parse("5m")).toBe(300_000);
    expect(schema.safeParse("999ms").error?.issues[0]?.message).toBe("must be at least 1s");
    expect(schema.safeParse("301s").error?.issues[0]?.message).toBe("must be at most 5m");
  });

  it("refuses numbers, which carry no unit", () => {
    expect(duration().safeParse(10).success).toBe(false);
  });

  it("reads every whole number of every unit exactly", () => {
    const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    fc.assert(
      fc.property(
        fc.nat({ max: 100_000_000 }),
        fc.constantFrom(...Object.entries(units)),
        (amount, [unit, ms]) => {
          expect(parseDuration(`${amount}${unit}`)).toBe(amount * ms);
        },
      ),
    );
  });
});
