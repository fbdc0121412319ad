/** Longer ones are not followed. */
const LONGEST = 2_048;
/** What URLs cannot hold, and what browsers drop or take for a slash while they look for a host. */
const DECEPTIVE = /[\0-\x20\x7f\\]/;
/** Stands for the gateway: only its path, query and fragment are used. */
const HERE = "https://gateway.invalid";

/**
 * Where to go after a login: a path of this web origin. What is anything else, or would be once a browser resolves
 * it, is not followed, and neither is a path of the login itself, which would go in a circle.
 * @param wanted as the client gave it: not trusted
 * @param loginPath the folder of the login's own routes
 * @returns path, query and fragment as a URL parser writes them; `/` in place of what is not followed
 */
export function safeReturnTo(wanted: string | null, loginPath: string): string {
  if (wanted === null || wanted.length > LONGEST || !wanted.startsWith("/") || DECEPTIVE.test(wanted))
    return "/";
  if (wanted.startsWith("//") || !URL.canParse(wanted, HERE)) return "/";
  const { origin, pathname, search, hash } = new URL(wanted, HERE);
  // Dot segments are gone by now: `/..//evil.example` has become `//evil.example`.
  if (origin !== HERE || pathname.startsWith("//")) return "/";
  if (pathname === loginPath || pathname.startsWith(`${loginPath}/`)) return "/";
  return pathname + search + hash;
}
