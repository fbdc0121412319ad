import type { CredentialOptions } from "./credentials/registry.ts";

/** Credentials whose callers have the issuer that their declaration names. */
type ByDeclaredIssuer = "introspection" | "jwt" | "oidc";

/**
 * How the ids begin of whom the gateway itself vouches for, up to the first `#`; one that ends with a colon goes on with a
 * name of its own. No other issuer may be called so: its callers would be taken for these.
 */
export const OWN_ISSUERS: Readonly<Record<Exclude<keyof CredentialOptions, ByDeclaredIssuer>, string>> = {
  apiKey: "consumers",
  basic: "basic:",
  externalAuth: "external:",
  hmac: "hmac:",
  httpSignature: "http-signature:",
  mtls: "mtls:",
  webhook: "webhook",
};

/** Whether callers of an issuer of this name could be taken for those of the gateway's own. */
export function isOwnIssuer(name: string): boolean {
  return Object.values(OWN_ISSUERS).some((own) => (own.endsWith(":") ? name.startsWith(own) : name === own));
}
