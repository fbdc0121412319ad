import { type Refusal, refuse } from "../errors/refusal.ts";

/** A path of nothing but slashes and characters that stand for themselves (RFC 3986 §3.3). */
const PLAIN = /^\/[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/;
/** The same with escapes, and with what clients send raw although it should be encoded. */
const ALLOWED = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,=:@/"<>[\]^`{|}]|%[0-9A-Fa-f]{2})*$/;
/** An empty segment before the last, or a dot segment. */
const BAD_SEGMENT = /\/(?:\/|\.{1,2}(?:\/|$))/;
const TO_ENCODE = /["<>[\]^`{|}]/g;
const ESCAPE = /%../g;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/** NUL and control characters, `/`, `;` and `\`, encoded. */
const FORBIDDEN_ESCAPE = /%(?:[01].|2F|3B|5C|7F)/;
/**
 * Double encoding whose second decoding would give one of those, a percent sign, the bytes of an overlong
 * sequence, or an unreserved character: a dot might then make a dot segment, a hex digit a further escape,
 * and no honest encoder makes any of them.
 */
const DOUBLE_ESCAPE =
  /%25(?:[01][0-9A-F]|2[5DEF]|3[0-9B]|[46][1-9A-F]|5[0-9ACF]|7[0-9AEF]|C[01]|E0%25[89]|F0%258|F[5-9A-F])/i;
const BEYOND_ASCII = /%[89A-F]/;

/**
 * Brings a path to its one spelling, which matching, access, cache key and origin all see: escapes in upper
 * case, unreserved characters decoded (RFC 3986 §6.2.2), what may not stand raw encoded. A path that is
 * already so is returned as it is.
 *
 * Refused as `malformed-path` is whatever another server might read as a different path: dot segments and empty
 * segments in any spelling, encoded slashes, backslashes, `;` parameters, control characters, escapes that are
 * invalid or not UTF-8. Dot segments are not resolved: clients do that themselves (RFC 3986 §5.2.4), so one
 * that arrives was hidden on purpose, and the server it was made for may resolve it differently.
 */
export function normalisePath(raw: string): string | Refusal {
  const path = PLAIN.test(raw) ? raw : rewrite(raw);
  if (typeof path === "string" && BAD_SEGMENT.test(path)) {
    return malformed("The path holds an empty or a dot segment.");
  }
  return path;
}

function rewrite(raw: string): string | Refusal {
  if (!ALLOWED.test(raw)) {
    return malformed(
      "The path holds a character that must be percent-encoded, or a percent sign that encodes nothing.",
    );
  }
  const path = raw.replace(ESCAPE, decodeUnreserved).replace(TO_ENCODE, encodeURIComponent);
  if (FORBIDDEN_ESCAPE.test(path))
    return malformed("The path holds an encoded character that is not allowed there.");
  if (DOUBLE_ESCAPE.test(path)) return malformed("The path is encoded twice.");
  if (BEYOND_ASCII.test(path) && !isUtf8(path)) return malformed("The escapes in the path are not UTF-8.");
  return path;
}

function decodeUnreserved(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return UNRESERVED.test(character) ? character : encoded.toUpperCase();
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function malformed(detail: string): Refusal {
  return refuse("malformed-path", { detail });
}
