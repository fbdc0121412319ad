/** A JSON Pointer, parsed: the keys on the way to a value. */
export type JsonPath = readonly string[];

/** Parses a JSON Pointer such as `/order/type` (RFC 6901 §3); undefined where it is none. Empty: the whole document. */
export function parseJsonPointer(pointer: string): JsonPath | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The JSON Pointer of a path. */
export function formatJsonPointer(path: JsonPath): string {
  return path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The value at a path of a JSON document (RFC 6901 §4); undefined where there is none. */
export function valueAt(document: unknown, path: JsonPath): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    // A list's own keys are its indexes, in their one spelling, and `length`, which no document holds.
    if (!Object.hasOwn(value, key) || (key === "length" && Array.isArray(value))) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
