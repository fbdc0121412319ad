import type { AuthorizationServer } from "oauth4webapi";

/**
 * An ID token may be signed with the client's secret (Core §10.1). It is not taken: who could verify such tokens could
 * make them too, so the secret would be worth every user's session; and the library has no path for it.
 */
export const SIGNED_WITH_SECRET =
  "the provider signs ID tokens with the client's secret or in a way unknown here: have it sign them with a key pair, such as RS256";

/** Discovery §3: every provider must offer RS256, but some that take one client's settings for all do not. */
export function signsWithSecretsOnly({
  id_token_signing_alg_values_supported: algorithms,
}: AuthorizationServer): boolean {
  return algorithms?.every((name) => name === "none" || name.startsWith("HS")) ?? false;
}
