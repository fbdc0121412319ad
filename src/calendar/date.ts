import { DAY_MS } from "./zone.ts";

/** The number of a day, in days since 1970-01-01, from its ISO 8601 date `YYYY-MM-DD`; undefined where it is none. */
export function dayNumber(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const at = Date.parse(`${text}T00:00:00Z`);
  // 2026-02-30 would be read as the second of March.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(text) ? undefined : at / DAY_MS;
}
