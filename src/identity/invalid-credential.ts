import { type Refusal, refuse } from "../errors/refusal.ts";

/**
 * The refusal of a credential that does not hold. The caller learns no more than that.
 * @param challenge of the credential
 * @param reason for the log; it must not hold the credential
 * @param detail for the caller, where it says no more than the request itself
 */
export function invalidCredential(challenge: string, reason: string, detail?: string): Refusal {
  return refuse("credential-invalid", {
    ...(detail !== undefined && { detail }),
    headers: [["www-authenticate", challenge]],
    cause: reason,
  });
}
