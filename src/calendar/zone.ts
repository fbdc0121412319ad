/** ms of a day of the calendar that no clock is changed on. */
export const DAY_MS = 86_400_000;

/** One a zone. Zones come from manifests, so there are few. */
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * What clocks in a zone show, in ms as if that were UTC.
 * @param at ms since the epoch, from 1970 on
 * @param zone IANA name such as `Europe/Berlin`
 */
export function wallTime(at: number, zone: string): number {
  if (zone === "UTC") return at;
  const shown: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (at - Math.floor(at / 1_000) * 1_000);
}

/** Whether the platform knows the zone by this name. */
export function isZone(zone: string): boolean {
  // An offset is no place: its clocks are never changed, which whoever writes one has hardly thought of.
  if (!/^(?:UTC|[A-Za-z]+(?:\/[\w+-]+)+)$/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * When a day begins in a zone: the first moment at which its date, or a later one, is on the clocks. That is midnight,
 * but where clocks are put forward over midnight the moment after, and where they pass it twice the first time.
 * @param day days since 1970-01-01
 * @returns ms since the epoch
 */
export function startOfDay(day: number, zone: string): number {
  const midnight = day * DAY_MS;
  if (zone === "UTC") return midnight;
  const byOffsetAt = (at: number) => midnight - (wallTime(at, zone) - at);
  // No offset is a whole day, so these are on either side of the midnight that is looked for.
  const candidates = [byOffsetAt(midnight - DAY_MS), byOffsetAt(midnight + DAY_MS)].toSorted((a, b) => a - b);
  const found = candidates.find((at) => wallTime(at, zone) === midnight);
  if (found !== undefined) return found;
  let [before, after] = candidates as [number, number];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (wallTime(middle, zone) < midnight) before = middle;
    else after = middle;
  }
  return after;
}

/** A moment as RFC 3339 tells it, with the zone's offset: `2026-11-01T00:00:00+01:00`. Whole seconds. */
export function isoIn(at: number, zone: string): string {
  const wall = wallTime(at, zone);
  const minutes = Math.round((wall - at) / 60_000);
  const two = (value: number) => String(value).padStart(2, "0");
  const size = Math.abs(minutes);
  const offset =
    zone === "UTC" ? "Z" : `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${new Date(wall).toISOString().slice(0, 19)}${offset}`;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  return format;
}
