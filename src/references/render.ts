import { RefusalError, refuse } from "../errors/refusal.ts";
import { resolve } from "./resolve.ts";
import type { Reference, ReferenceScope, Template } from "./template.ts";

/** Where a rendered text lands, which decides how values are encoded. */
export type Place = "path" | "query" | "header" | "text";

/** What no path segment may hold, as an origin that decodes once too often would leave the segment. */
const UNUSABLE_IN_PATH =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  /^$|(?:^|[/\\])\.{1,2}(?:[/\\;]|$)|[\x00-\x1f\x7f]|%(?:[01][0-9a-f]|2[5ef]|5c|7f)/i;
/** What a field value may not hold (RFC 9110 §5.5), and what cannot be sent as one byte. */
const UNUSABLE_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Compiles a template to a function that renders it for one place.
 * - `path`: each value is one segment or part of one; `{params.*}`, already normalised, may hold several.
 * - `query`: values are percent-encoded.
 * - `header`: values are put in as they are.
 * - `text`: any value, as it is.
 *
 * A missing value is empty, but in a path it is refused. Objects and arrays become JSON, but in a path they are
 * refused.
 * @returns a function that throws RefusalError `unusable-value` where a value cannot stand in its place.
 */
export function compile({ template }: Template, place: Place): (scope: ReferenceScope) => string {
  const parts = template.map((part) => (typeof part === "string" ? part : renderer(part, place)));
  return (scope) => {
    let text = "";
    for (const part of parts) text += typeof part === "string" ? part : part(scope);
    return text;
  };
}

/** Compiles a template to its value: that of its reference, of whatever type, where it is nothing else; else text. */
export function compileValue(template: Template): (scope: ReferenceScope) => unknown {
  const [only, ...others] = template.template;
  if (only === undefined || typeof only === "string" || others.length > 0) return compile(template, "text");
  return (scope) => resolve(only, scope);
}

function renderer(reference: Reference, place: Place): (scope: ReferenceScope) => string {
  switch (place) {
    case "path":
      return pathRenderer(reference);
    case "query":
      return (scope) => encodeURIComponent(textOf(resolve(reference, scope)).toWellFormed());
    case "header":
      return (scope) => {
        const text = textOf(resolve(reference, scope));
        if (UNUSABLE_IN_HEADER.test(text)) throw unusable(reference, place);
        return text;
      };
    case "text":
      return (scope) => textOf(resolve(reference, scope));
  }
}

function pathRenderer(reference: Reference): (scope: ReferenceScope) => string {
  const isRest = reference.length === 2 && reference[0] === "params" && reference[1] === "*";
  return (scope) => {
    const value = resolve(reference, scope);
    if (isRest && typeof value === "string") return value;
    if (value === undefined || value === null || typeof value === "object") throw unusable(reference, "path");
    const text = String(value);
    if (UNUSABLE_IN_PATH.test(text) || !text.isWellFormed()) throw unusable(reference, "path");
    return encodeURIComponent(text);
  };
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function unusable(reference: Reference, place: Place): RefusalError {
  // The value itself stays out: it may be a claim, and the client sees this text.
  const detail = `The value of {${reference.join(".")}} cannot be used in a ${place}.`;
  return new RefusalError(refuse("unusable-value", { detail }));
}
