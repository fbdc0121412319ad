import type { CredentialDeclaration } from "../../identity/declare.ts";
import { members } from "./members.ts";

/**
 * What may have to be asked about a token at worst, beside its issuer's keys: where these are, a list of what is revoked,
 * and whether its proof was used before. The options were judged elsewhere, and may be anything here.
 */
export function tokenQuestions({ options }: Pick<CredentialDeclaration, "options">): number {
  const { issuers, proofOfPossession } = members(options);
  const ofIssuer = [issuers].flat().map((issuer) => {
    const { keys, revoked } = members(issuer);
    return ("discovery" in members(keys) ? 1 : 0) + (revoked === undefined ? 0 : 1);
  });
  // A token is of one issuer.
  return Math.max(0, ...ofIssuer) + (proofOfPossession === "dpop" ? 1 : 0);
}
