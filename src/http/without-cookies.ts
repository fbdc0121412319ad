/**
 * A `Cookie` field without some cookies: every one of their names, however often (RFC 6265 §4.2.1).
 * @returns what is left, or null where nothing is
 */
export function withoutCookies(field: string, names: ReadonlySet<string>): string | null {
  const pairs = field.split(";");
  const kept = pairs.filter((pair) => !names.has(nameOf(pair)));
  if (kept.length === pairs.length) return field;
  const left = kept
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "")
    .join("; ");
  return left === "" ? null : left;
}

/** A pair without a sign is all value, and may as well be all name to who reads it (RFC 6265bis §5.6). */
function nameOf(pair: string): string {
  const at = pair.indexOf("=");
  return (at < 0 ? pair : pair.slice(0, at)).trim();
}
