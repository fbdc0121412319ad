/** Statuses that send a browser elsewhere for the time being (RFC 9110 §15.4). */
const TEMPORARY = [302, 303, 307];

/** The service's redirect as the caller is given it, with its cookies; undefined where it is none that can be followed. */
export function relayedRedirect({ status, headers }: Response): Response | undefined {
  const location = headers.get("location") ?? "";
  if (!TEMPORARY.includes(status) || !isWebAddress(location)) return undefined;
  const relayed = new Headers({ location, "cache-control": "no-store" });
  for (const cookie of headers.getSetCookie()) relayed.append("set-cookie", cookie);
  return new Response(null, { status, headers: relayed });
}

/** An http(s) URL, or a path of this host: not `//elsewhere`, and no script. */
function isWebAddress(location: string): boolean {
  if (/^\/(?![/\\])/.test(location)) return true;
  return /^https?:\/\//i.test(location) && URL.canParse(location);
}
