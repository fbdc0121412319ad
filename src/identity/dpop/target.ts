const ESCAPE = /%[0-9a-f]{2}/gi;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * Whether a proof's `htu` is the request's URL, query and fragment aside, in any equal spelling (RFC 9449 §4.3,
 * RFC 3986 §6.2.2 and 6.2.3). @param url absolute, as the request came
 */
export function isTarget(htu: unknown, url: string): boolean {
  return typeof htu === "string" && URL.canParse(htu) && spelling(htu) === spelling(url);
}

/** Scheme and host in lower case, no default port, dot segments resolved; escapes in one form. */
function spelling(text: string): string {
  const { protocol, host, pathname, username, password } = new URL(text);
  const user = username === "" && password === "" ? "" : `${username}:${password}@`;
  return `${protocol}//${user}${host}${pathname.replace(ESCAPE, decodeUnreserved)}`;
}

function decodeUnreserved(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return UNRESERVED.test(character) ? character : encoded.toUpperCase();
}
