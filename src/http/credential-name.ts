/** How a name ends that is a credential's, whatever it begins with: `id_token`, `X-Vault-Token`, `accessToken`. */
const ENDING =
  /(?:token|jwt|secret|passw(?:or)?d|passphrase|pwd|cookie|signature|assertion|authorization|session|sess(?:ion)?[-_]?id)$/i;
/** Most keys are none: `Idempotency-Key` is not. */
const KEY = /(?:api|access|auth|functions|master|private|secret|session|subscription)[-_]?key$/i;
const WHOLE = /^(?:(?:x-)?auth|dpop|saml(?:request|response)|sig|x-amz-credential)$/i;

/**
 * Whether credentials travel under this name, of a header field, a query parameter (decoded) or a JSON member.
 * What tells of credentials without being one, such as `token_type` or `WWW-Authenticate`, is none.
 */
export function isCredentialName(name: string): boolean {
  return ENDING.test(name) || KEY.test(name) || WHOLE.test(name);
}
