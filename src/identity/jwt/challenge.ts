import { type Refusal, refuse } from "../../errors/refusal.ts";
import { EXPIRED } from "./claims.ts";

/** The challenge to a request that presents nothing (RFC 6750 §3). */
export const CHALLENGE = 'Bearer realm="api"';

/** Why a token is refused that another credential may be meant for. */
export const FOREIGN = "the issuer is not a configured one";
const foreign = new WeakSet<Refusal>();

const NOT_ACCEPTED = "The token was not accepted";

/**
 * The refusal of a token. The caller learns no more than that it was refused, or that it has expired;
 * which of the checks it failed would help nobody but an attacker.
 * @param reason for the log
 * @param own the challenge of the scheme that the token came by
 */
export function invalidToken(reason: string, own = CHALLENGE): Refusal {
  const detail = reason === EXPIRED ? "The token has expired" : NOT_ACCEPTED;
  const challenge = `${own}, error="invalid_token", error_description="${detail}"`;
  const headers = [["www-authenticate", challenge]] as const;
  const refusal = refuse("credential-invalid", { detail, headers, cause: reason });
  if (reason === FOREIGN) foreign.add(refusal);
  return refusal;
}

/** Whether a token was refused because it is of an issuer whom its credential does not know. */
export function isForeign(refusal: Refusal): boolean {
  return foreign.has(refusal);
}

/** The refusal of a token that is good, but does not grant enough. @param scopes that the route asks for */
export function insufficientRights(scopes: readonly string[], reason: string, own = CHALLENGE): Refusal {
  const scope = scopes.length > 0 ? `, scope="${scopes.join(" ")}"` : "";
  const challenge = `${own}, error="insufficient_scope"${scope}`;
  return refuse("insufficient-rights", { headers: [["www-authenticate", challenge]], cause: reason });
}
