/** What an `Authorization` field presents to a bearer credential. */
export type Bearer = { readonly token: string } | { readonly fault: string };

/** Scheme and spaces before the token. */
const SCHEME_BYTES = 16;

/**
 * Takes the token from the value of `Authorization` (RFC 6750 §2.1): one field, one scheme, one token.
 * @param maxBytes of a token; a larger one is not looked at
 * @returns undefined where the caller presents nothing of the Bearer scheme.
 */
export function bearerToken(authorization: string, maxBytes: number): Bearer | undefined {
  if (authorization.length <= maxBytes + SCHEME_BYTES) {
    const token = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1];
    if (token !== undefined && token.length <= maxBytes) return { token };
    // The platform joins repeated fields with a comma, so a second one is seen as a list.
    if (!/(?:^|,)\s*bearer(?:[\s,]|$)/i.test(authorization)) return undefined;
    if (token === undefined) return { fault: "the field is not one Bearer token" };
  } else if (!/^\s*bearer\b/i.test(authorization)) return undefined;
  return { fault: "the token is too large" };
}
