/** What an `Authorization` field presents to a token credential. */
export type Bearer = { readonly token: string } | { readonly fault: string };

/** How a scheme's field is told: as it must be, as it may be hidden in a list, and by how it begins. */
export interface SchemePatterns {
  readonly name: string;
  readonly exact: RegExp;
  readonly listed: RegExp;
  readonly begun: RegExp;
}

/** Scheme and spaces before the token. */
const SCHEME_BYTES = 16;

/** RFC 6750 §2.1. */
export const BEARER = schemePatterns("Bearer");

/** The patterns of a scheme whose credentials are one token68 (RFC 9110 §11.4). @param name as it is written */
export function schemePatterns(name: string): SchemePatterns {
  return {
    name,
    exact: new RegExp(`^${name} +([A-Za-z0-9._~+/-]+=*)$`, "i"),
    listed: new RegExp(`(?:^|,)\\s*${name}(?:[\\s,]|$)`, "i"),
    begun: new RegExp(`^\\s*${name}\\b`, "i"),
  };
}

/**
 * Takes the token from the value of `Authorization`: one field, one scheme, one token.
 * @param maxBytes of a token; a larger one is not looked at
 * @returns undefined where the caller presents nothing of the scheme.
 */
export function bearerToken(
  authorization: string,
  maxBytes: number,
  { name, exact, listed, begun }: SchemePatterns = BEARER,
): Bearer | undefined {
  if (authorization.length <= maxBytes + SCHEME_BYTES) {
    const token = exact.exec(authorization)?.[1];
    if (token !== undefined && token.length <= maxBytes) return { token };
    // The platform joins repeated fields with a comma, so a second one is seen as a list.
    if (!listed.test(authorization)) return undefined;
    if (token === undefined) return { fault: `the field is not one ${name} token` };
  } else if (!begun.test(authorization)) return undefined;
  return { fault: "the token is too large" };
}
