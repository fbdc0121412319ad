import * as z from "zod";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const FORM = /^(\d+(?:\.\d{1,3})?)(ms|s|m|h|d)$/;
const HOW = 'write a number and one of ms, s, m, h, d, such as "500ms" or "10s"';

/** Milliseconds of a duration such as `"1.5s"`; undefined where it is none, or no whole number of milliseconds. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = FORM.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const exact = Number(amount) * UNITS[unit]!;
  const ms = Math.round(exact);
  // 1.1 × 1000 is 1100.0000000000002 in binary.
  return Number.isSafeInteger(ms) && Math.abs(exact - ms) < 1e-6 ? ms : undefined;
}

/**
 * Schema of a duration: a string with its unit (`"250ms"`, `"1.5s"`, `"10m"`, `"1h"`, `"7d"`) becomes whole milliseconds.
 * @param bounds the smallest and largest value allowed, themselves durations; both inclusive.
 */
export function duration(
  bounds: { readonly min?: string; readonly max?: string } = {},
): z.ZodType<number, string> {
  const min = bound(bounds.min, 0);
  const max = bound(bounds.max, Number.MAX_SAFE_INTEGER);
  const schema = z.string().transform((text, ctx) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      ctx.addIssue({ code: "custom", message: `${JSON.stringify(text)} is not a duration: ${HOW}` });
      return z.NEVER;
    }
    if (ms < min) ctx.addIssue({ code: "custom", message: `must be at least ${bounds.min}` });
    if (ms > max) ctx.addIssue({ code: "custom", message: `must be at most ${bounds.max}` });
    return ms;
  });
  // For the reference: what a transform looks at does not show in its schema.
  return schema.meta({ unit: "duration", ...bounds });
}

function bound(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const ms = parseDuration(text);
  if (ms === undefined) throw new TypeError(`${JSON.stringify(text)} is not a duration: ${HOW}`);
  return ms;
}
