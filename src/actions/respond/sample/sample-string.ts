import { numberOf, type SchemaObject } from "./json-schema.ts";
import { compile, type Lengths, samplePattern } from "./sample-pattern.ts";

/**
 * A text that fits: by its format, its pattern, or else the word "string".
 * @param nth gives another one where there is more than one.
 * @returns undefined where none was found
 */
export function sampleString(schema: SchemaObject, nth: number): string | undefined {
  const lengths: Lengths = {
    min: numberOf(schema.minLength) ?? 0,
    max: numberOf(schema.maxLength) ?? Infinity,
  };
  const patterns = [schema.pattern ?? []].flat().map(String);
  const fits = (text: string | undefined) =>
    text !== undefined &&
    text.length >= lengths.min &&
    text.length <= lengths.max &&
    patterns.every((pattern) => compile(pattern)?.test(text));
  const formatted = FORMATS[String(schema.format ?? schema.contentEncoding)]?.(nth);
  if (fits(formatted)) return formatted;
  if (patterns.length === 0) return plain(lengths, nth);
  return patterns.map((pattern) => samplePattern(pattern, lengths, nth)).find(fits);
}

/** Longer texts are nobody's example. */
const LONGEST = 100_000;

function plain({ min, max }: Lengths, nth: number): string | undefined {
  if (min > max || min > LONGEST) return undefined;
  const text = nth === 0 ? "string" : `string ${nth + 1}`;
  if (text.length > max) return String.fromCharCode(97 + (nth % 26)).repeat(max);
  return text.padEnd(min, text);
}

/** Texts of a format, of the blocks that are kept for documentation (RFC 2606, 3849, 5737). */
const FORMATS: Readonly<Record<string, (nth: number) => string>> = {
  "date-time": (nth) => day(nth).toISOString().replace(".000", ""),
  date: (nth) => day(nth).toISOString().slice(0, 10),
  time: (nth) => day(0, nth).toISOString().slice(11).replace(".000", ""),
  duration: (nth) => `P${nth + 1}D`,
  email: (nth) => `ada${nth || ""}@example.com`,
  "idn-email": (nth) => `ada${nth || ""}@example.com`,
  hostname: (nth) => `host${nth || ""}.example.com`,
  "idn-hostname": (nth) => `host${nth || ""}.example.com`,
  ipv4: (nth) => `192.0.2.${(nth % 254) + 1}`,
  ipv6: (nth) => `2001:db8::${(nth + 1).toString(16)}`,
  uri: (nth) => `https://example.com/${nth || ""}`,
  "uri-reference": (nth) => `/${nth || ""}`,
  iri: (nth) => `https://example.com/${nth || ""}`,
  "iri-reference": (nth) => `/${nth || ""}`,
  "uri-template": (nth) => `/${nth || ""}`,
  uuid: (nth) => `00000000-0000-4000-8000-${nth.toString(16).padStart(12, "0")}`,
  "json-pointer": (nth) => `/${nth}`,
  "relative-json-pointer": (nth) => `${nth}`,
  regex: (nth) => `a{${nth}}`,
  byte: base64,
  base64,
};

function day(days: number, seconds = 0): Date {
  return new Date(Date.UTC(2026, 0, 15 + days, 9, 30, seconds));
}

function base64(nth: number): string {
  return btoa(`tea${nth || ""}`);
}
