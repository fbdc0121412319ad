import type { Identity } from "../identity.ts";
import { EXPIRED, isDate, subjectOf } from "../jwt/claims.ts";
import { type IdentityRules, identityOf } from "../jwt/identity-of.ts";

/** What an authorization server's answer about a token must say. */
export interface AnswerRules extends IdentityRules {
  /** One of them must be in `aud`; undefined where the server tells no audience. */
  readonly audience?: readonly string[] | undefined;
  /** How far the server's clock may be from ours, in ms. */
  readonly tolerance: number;
  /** Whether tokens are bound to a key, and each request proves it. */
  readonly bound: boolean;
  /** How long an answer may be gone by, in ms. */
  readonly maxAge: number;
}

/**
 * Judges an answer (RFC 7662 §2.2). @param askedAt when the question was sent, in ms since the epoch
 * @returns who the token speaks for, until when that may be gone by; or the reason, where it is refused
 * @throws where it is no answer to the question
 */
export function judgeAnswer(
  answer: unknown,
  rules: AnswerRules,
  askedAt: number,
): { readonly identity: Identity; readonly until: number } | string {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer))
    throw new Error("the answer is not an object");
  const { active, ...claims } = answer as Readonly<Record<string, unknown>>;
  if (typeof active !== "boolean") throw new Error("the answer does not say whether the token is active");
  if (!active) return "the token is not active";
  const { iss, aud, exp, nbf, cnf } = claims;
  if (iss !== undefined && iss !== rules.issuer) return "the token is of another issuer";
  if (rules.audience !== undefined) {
    const listed = Array.isArray(aud) ? aud : [aud];
    if (!listed.some((one) => rules.audience?.includes(one as string)))
      return "the token is for another audience";
  }
  if (exp !== undefined && !isDate(exp)) return "the exp is no date";
  if (nbf !== undefined && !isDate(nbf)) return "the nbf is no date";
  const end = exp === undefined ? Number.POSITIVE_INFINITY : exp * 1_000 + rules.tolerance;
  if (askedAt >= end) return EXPIRED;
  if (nbf !== undefined && askedAt + rules.tolerance < nbf * 1_000) return "the token is not valid yet";
  if (!rules.bound && cnf !== undefined) return "the token is bound to a key that its holder has not proved";
  if (rules.bound && cnf === undefined) return "the token is not bound to a key";
  const subject = subjectOf(claims);
  if (subject === undefined) return "the answer does not say who the token speaks for";
  const identity = identityOf(claims, { subject, expiresAt: end }, rules, "introspection");
  return { identity, until: Math.min(end, askedAt + rules.maxAge) };
}
