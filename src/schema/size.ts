import * as z from "zod";

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};
const FORM = /^(\d+(?:\.\d{1,3})?)(B|KB|MB|GB|KiB|MiB|GiB)$/;
const HOW = 'write a number and one of B, KB, MB, GB (thousands) or KiB, MiB, GiB (1,024s), such as "64KB"';

/** Bytes of a size such as `"1.5MB"`; undefined where it is none, or no whole number of bytes. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = FORM.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const exact = Number(amount) * UNITS[unit]!;
  const bytes = Math.round(exact);
  // 1.1 × 1000 is 1100.0000000000002 in binary.
  return Number.isSafeInteger(bytes) && Math.abs(exact - bytes) < 1e-6 ? bytes : undefined;
}

/**
 * Schema of a size: a string with its unit becomes whole bytes. Units are those of ISO 80000-13:
 * `KB`, `MB`, `GB` are powers of 1,000 and `KiB`, `MiB`, `GiB` powers of 1,024.
 * @param bounds the smallest and largest value allowed, themselves sizes; both inclusive.
 */
export function size(
  bounds: { readonly min?: string; readonly max?: string } = {},
): z.ZodType<number, string> {
  const min = bound(bounds.min, 0);
  const max = bound(bounds.max, Number.MAX_SAFE_INTEGER);
  const schema = z.string().transform((text, ctx) => {
    const bytes = parseSize(text);
    if (bytes === undefined) {
      ctx.addIssue({ code: "custom", message: `${JSON.stringify(text)} is not a size: ${HOW}` });
      return z.NEVER;
    }
    if (bytes < min) ctx.addIssue({ code: "custom", message: `must be at least ${bounds.min}` });
    if (bytes > max) ctx.addIssue({ code: "custom", message: `must be at most ${bounds.max}` });
    return bytes;
  });
  // For the reference: what a transform looks at does not show in its schema.
  return schema.meta({ unit: "size", ...bounds });
}

function bound(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const bytes = parseSize(text);
  if (bytes === undefined) throw new TypeError(`${JSON.stringify(text)} is not a size: ${HOW}`);
  return bytes;
}
