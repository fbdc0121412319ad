import type { UpstreamDeclaration } from "../../upstream/declare.ts";

/**
 * Subrequests that calls of upstreams may make beside themselves, for what these upstreams present: a token for each
 * upstream, and should the origin refuse it another token, and each call again; a signature that tells who calls.
 * @param called the upstream of each call
 */
export function presentedCost(called: readonly UpstreamDeclaration[]): number {
  const tokens = called.filter(({ options }) => {
    const kinds = Object.keys(options?.credential ?? {});
    return kinds.includes("clientCredentials") || kinds.includes("tokenExchange");
  });
  const signatures = called.filter(({ options }) => options?.identityToken !== undefined);
  return tokens.length + 2 * new Set(tokens).size + new Set(signatures).size;
}
