/** What of a request tells by whom it was made. Values of fields, null where absent. */
export interface Provenance {
  readonly method: string;
  /** Whether it asks for a WebSocket: browsers let any page open one, cookies included. */
  readonly websocket: boolean;
  /** `Sec-Fetch-Site`: set by browsers, and by no page. */
  readonly secFetchSite: string | null;
  /** `Origin`: the same. */
  readonly origin: string | null;
}

/** `yes`: another site's page may have made it. `unknown`: only a token that no other page can read could tell. */
export type CrossSite = "no" | "yes" | "unknown";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether the request may change something, so that it matters who made it (RFC 9110 §9.2.1). */
export function isUnsafe({ method, websocket }: Pick<Provenance, "method" | "websocket">): boolean {
  return websocket || !SAFE.has(method);
}

/**
 * Whether another site may have had a browser make this request with its user's cookies (CSRF).
 * @param own the web origin that the request was sent to
 * @param trusted further web origins that may
 */
export function crossSite(
  { secFetchSite, origin }: Pick<Provenance, "secFetchSite" | "origin">,
  own: string,
  trusted: ReadonlySet<string>,
): CrossSite {
  // Asked first: a page with `Referrer-Policy: no-referrer` posts to its own origin with `Origin: null`.
  if (secFetchSite === "same-origin" || secFetchSite === "none") return "no";
  if (origin !== null) return origin === own || trusted.has(origin) ? "no" : "yes";
  return secFetchSite === null ? "unknown" : "yes";
}
