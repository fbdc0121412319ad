import { describe, expect, it } from "vitest";
import { dayNumber } from "../../src/calendar/date.ts";
import { isZone } from "../../src/calendar/zone.ts";

describe("the number of a day", () => {
  it.each([
    ["1970-01-01", 0],
    ["1970-01-05", 4],
    ["2028-02-29", 21_243],
    ["2026-02-29", undefined],
    ["2026-13-01", undefined],
    ["2026-1-1", undefined],
    ["2026-01-01T00:00:00Z", undefined],
    ["", undefined],
  ])("of %s is %s", (text, number) => {
    expect(dayNumber(text)).toBe(number);
  });
});

describe("a zone", () => {
  it.each([
    ["UTC", true],
    ["Europe/Berlin", true],
    ["America/Argentina/Buenos_Aires", true],
    ["Etc/GMT+5", true],
    ["Europe/Atlantis", false],
    ["+01:00", false],
    ["CET", false],
    ["", false],
  ])("%s is one: %s", (name, known) => {
    expect(isZone(name)).toBe(known);
  });
});
