/**
 * How the names of the gateway's own cookies begin. They are between it and the browser: no origin is given them, on
 * any route, whatever it declares. `__Host-` keeps neighbouring hosts from setting them (RFC 6265bis §4.1.3.2).
 */
export const GATEWAY_COOKIE = "__Host-isogate-";

/** A `Cookie` field without the gateway's own cookies; null where nothing is left. */
export function withoutGatewayCookies(field: string): string | null {
  if (!field.includes(GATEWAY_COOKIE)) return field;
  const kept = field.split(";").filter((pair) => !pair.trimStart().startsWith(GATEWAY_COOKIE));
  const left = kept
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "")
    .join("; ");
  return left === "" ? null : left;
}
