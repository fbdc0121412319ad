/** IMF-fixdate, the only form that may be generated (RFC 9110 §5.6.7); recipients of today meet no other. */
const FIXDATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** Milliseconds since the epoch of an HTTP date; undefined where there is none or it is malformed. */
export function parseHttpDate(value: string | null): number | undefined {
  if (value === null || !FIXDATE.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
