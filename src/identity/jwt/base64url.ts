const CANONICAL = /^(?:[\w-]{4})*(?:[\w-]{2}[AEIMQUYcgkosw048]|[\w-][AQgw])?$/;

/**
 * Whether the text is base64url as a JWS has it (RFC 7515 §2): no padding, nothing between, and no stray bits at
 * the end, so that one token has one spelling.
 */
export function isBase64url(text: string): boolean {
  return CANONICAL.test(text);
}
