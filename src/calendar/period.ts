import { DAY_MS, startOfDay, wallTime } from "./zone.ts";

/** Periods that follow one another without gaps, by the calendar of a zone. Plain JSON. */
export type Calendar = EveryDays | Monthly;

/** Periods of so many days, from midnight to midnight. */
interface EveryDays {
  /** IANA name, or `UTC`. */
  readonly zone: string;
  /** A day on which one begins, in days since 1970-01-01. */
  readonly from: number;
  readonly days: number;
}

/** Periods of a month. */
interface Monthly {
  readonly zone: string;
  /** From 1 to 31; in a month that has no such day they begin on its last. */
  readonly dayOfMonth: number;
}

/** One of them. */
export interface Period {
  /** ms since the epoch; belongs to it. */
  readonly start: number;
  /** ms since the epoch; belongs to the next. */
  readonly end: number;
}

/** The period that a moment is in. @param now ms since the epoch */
export function periodAt(calendar: Calendar, now: number): Period {
  const begin = beginOf(calendar);
  let number = numberNear(calendar, wallTime(now, calendar.zone));
  let start = begin(number);
  // Where clocks pass midnight twice, the date is the day before's once more though the next has begun.
  while (start > now) start = begin(--number);
  let end = begin(number + 1);
  while (end <= now) {
    start = end;
    end = begin(++number + 1);
  }
  return { start, end };
}

/** When the period of a number begins. */
function beginOf(calendar: Calendar): (number: number) => number {
  const { zone } = calendar;
  if ("days" in calendar) return (number) => startOfDay(calendar.from + number * calendar.days, zone);
  return (month) => {
    // Day 0 of the next month is the last of this one.
    const last = new Date(Date.UTC(1970, month + 1, 0)).getUTCDate();
    return startOfDay(Date.UTC(1970, month, Math.min(calendar.dayOfMonth, last)) / DAY_MS, zone);
  };
}

function numberNear(calendar: Calendar, wall: number): number {
  if ("days" in calendar) return Math.floor((Math.floor(wall / DAY_MS) - calendar.from) / calendar.days);
  const date = new Date(wall);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}
