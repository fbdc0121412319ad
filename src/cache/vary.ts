import type { StoredEntry } from "./response-cache.ts";

/**
 * Request header fields by which an origin may choose a variant without the route naming them. An origin behind
 * a cached route is sent these, the fields of the cache key, and no others: `Vary` may name more, but
 * what it never saw it cannot have varied on.
 */
export const NEGOTIATION: readonly string[] = ["accept", "accept-language"];

/** The variant that a request asks for. */
export type Variant = StoredEntry["vary"];

/**
 * The negotiation fields that a response's `Vary` names, sorted. `Accept-Encoding` is not one: entries are kept
 * without content coding, and the platform encodes for each client.
 * @returns undefined for `*`: nothing else may ever be answered with that response (RFC 9111 §4.1).
 */
export function selectingFields(vary: string | null): readonly string[] | undefined {
  if (vary === null) return [];
  const named = new Set(vary.split(",").map((name) => name.trim().toLowerCase()));
  if (named.has("*")) return undefined;
  return NEGOTIATION.filter((name) => named.has(name));
}

/** The values that a request has in the selecting fields. */
export function selectVariant(fields: readonly string[], request: Headers): Variant {
  return fields.map((name) => [name, normaliseValue(name, request.get(name))] as const);
}

/** Whether a stored response is the variant that the request asks for. */
export function isVariantFor(vary: Variant, request: Headers): boolean {
  return vary.every(([name, value]) => normaliseValue(name, request.get(name)) === value);
}

/** Values that differ only in blanks (and case, for languages) ask for the same, RFC 9111 §4.1. */
function normaliseValue(name: string, value: string | null): string | null {
  // Blanks within a quoted parameter are part of its value.
  if (value === null || value.includes('"')) return value;
  const packed = value.trim().replace(/\s*([,;=])\s*/g, "$1");
  return name === "accept-language" ? packed.toLowerCase() : packed;
}
