import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Calendar, periodAt } from "../../src/calendar/period.ts";
import { DAY_MS, isoIn, startOfDay, wallTime } from "../../src/calendar/zone.ts";

const HOUR = 3_600_000;

/** Clocks that are changed at midnight, over a whole day, by half an hour, or never. */
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "America/St_Johns",
  "America/Havana",
  "America/Santiago",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Asia/Tehran",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
];

/** A second way to read the clocks of a zone: the date as text, of another locale's format. */
const dates = new Map(ZONES.map((zone) => [zone, new Intl.DateTimeFormat("sv-SE", { timeZone: zone })]));
function dateIn(at: number, zone: string): string {
  return dates.get(zone)!.format(at);
}

/** The start of a day found by going through its neighbourhood minute by minute, with nothing but dates as text. */
function naiveStart(date: string, zone: string): number {
  const near = Date.parse(`${date}T00:00:00Z`);
  let low = near - 15 * HOUR;
  while (dateIn(low, zone) < date) low += 15 * 60_000;
  low -= 15 * 60_000;
  while (dateIn(low, zone) < date) low += 60_000;
  return low;
}

const text = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);

const zone = fc.constantFrom(...ZONES);
/** 1980 to 2040. */
const moment = fc.integer({ min: 315_532_800_000, max: 2_208_988_800_000 });

describe("the start of a day", () => {
  it("is the first moment with its date on the clocks, in every zone", () => {
    fc.assert(
      fc.property(zone, moment, (zone, at) => {
        const day = Math.floor(at / DAY_MS);
        expect(startOfDay(day, zone)).toBe(naiveStart(text(day), zone));
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    // Put forward over midnight: the day begins at one.
    ["America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"],
    ["Africa/Cairo", "2025-04-25", "2025-04-25T01:00:00+03:00"],
    ["Asia/Beirut", "2022-03-27", "2022-03-27T01:00:00+03:00"],
    // Put back over midnight: it begins once, or for the first time.
    ["America/Havana", "2025-11-02", "2025-11-02T00:00:00-04:00"],
    ["America/St_Johns", "2010-11-07", "2010-11-07T00:00:00-02:30"],
    // Within the day.
    ["Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00"],
    ["Europe/Berlin", "2026-10-25", "2026-10-25T00:00:00+02:00"],
    ["Europe/Berlin", "2026-10-26", "2026-10-26T00:00:00+01:00"],
    // A date that never was.
    ["Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"],
  ])("in %s on %s is %s", (zone, date, start) => {
    expect(isoIn(startOfDay(Date.parse(date) / DAY_MS, zone), zone)).toBe(start);
    expect(startOfDay(Date.parse(date) / DAY_MS, zone)).toBe(naiveStart(date, zone));
  });
});

describe("what clocks show", () => {
  it("is what another format says", () => {
    fc.assert(
      fc.property(zone, moment, (zone, at) => {
        const shown = new Intl.DateTimeFormat("sv-SE", {
          timeZone: zone,
          dateStyle: "short",
          timeStyle: "medium",
        }).format(at);
        const [date, time] = new Date(wallTime(at, zone)).toISOString().slice(0, 19).split("T");
        expect(`${date} ${time}`).toBe(shown);
      }),
      { numRuns: 500 },
    );
  });
});

const calendar: fc.Arbitrary<Calendar> = fc.oneof(
  fc.record({ zone, dayOfMonth: fc.integer({ min: 1, max: 31 }) }),
  fc.record({ zone, days: fc.integer({ min: 1, max: 60 }), from: fc.integer({ min: -1_000, max: 30_000 }) }),
);

/** Whether a period may begin on a date, from its text alone. */
function beginsOn(calendar: Calendar, date: string): boolean {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  if ("days" in calendar) {
    return (Date.UTC(year, month - 1, day) / DAY_MS - calendar.from) % calendar.days === 0;
  }
  const lengths = [31, year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0) ? 29 : 28, 31, 30, 31, 30];
  const length = [...lengths, 31, 31, 30, 31, 30, 31][month - 1]!;
  return day === Math.min(calendar.dayOfMonth, length);
}

describe("a period", () => {
  it("begins on the last day before that one may begin on, and ends where the next begins", () => {
    fc.assert(
      fc.property(calendar, moment, (calendar, at) => {
        const { start, end } = periodAt(calendar, at);
        expect(start <= at && at < end).toBe(true);
        // From the day of the moment back to the first that fits; the day after may have begun already.
        let day = Date.parse(dateIn(at, calendar.zone)) / DAY_MS + 1;
        while (!beginsOn(calendar, text(day)) || naiveStart(text(day), calendar.zone) > at) day--;
        expect(start).toBe(naiveStart(text(day), calendar.zone));
        expect(periodAt(calendar, start)).toEqual({ start, end });
        expect(periodAt(calendar, end - 1)).toEqual({ start, end });
        expect(periodAt(calendar, end).start).toBe(end);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [{ zone: "UTC", dayOfMonth: 31 }, "2026-02-10", "2026-01-31", "2026-02-28"],
    [{ zone: "UTC", dayOfMonth: 31 }, "2028-02-29", "2028-02-29", "2028-03-31"],
    [{ zone: "UTC", dayOfMonth: 30 }, "2027-03-01", "2027-02-28", "2027-03-30"],
    [{ zone: "UTC", dayOfMonth: 29 }, "2100-02-28", "2100-02-28", "2100-03-29"],
    [{ zone: "UTC", dayOfMonth: 1 }, "2026-12-31", "2026-12-01", "2027-01-01"],
    [{ zone: "UTC", dayOfMonth: 15 }, "2026-01-14", "2025-12-15", "2026-01-15"],
    [{ zone: "UTC", days: 7, from: 4 }, "2026-11-22", "2026-11-16", "2026-11-23"],
    [{ zone: "UTC", days: 14, from: 20_000 }, "2024-10-04", "2024-10-04", "2024-10-18"],
  ] as const)("of %j on %s is from %s to %s", (calendar, on, start, end) => {
    const { start: from, end: to } = periodAt(calendar, Date.parse(on));
    expect([from, to].map((at) => new Date(at).toISOString().slice(0, 10))).toEqual([start, end]);
  });

  it("of a month is an hour short or long where clocks are changed in it", () => {
    const lengths = ["2026-03-10", "2026-04-10", "2026-10-10"].map((date) => {
      const { start, end } = periodAt({ zone: "Europe/Berlin", dayOfMonth: 1 }, Date.parse(date));
      return (end - start) / HOUR;
    });
    expect(lengths).toEqual([31 * 24 - 1, 30 * 24, 31 * 24 + 1]);
  });
});
