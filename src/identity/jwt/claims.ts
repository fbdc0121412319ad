/** What an issuer's tokens must claim. */
export interface ClaimRules {
  /** One of them must be in `aud`. */
  readonly audience: readonly string[];
  /** How far the issuer's clock may be from ours, in ms. */
  readonly tolerance: number;
  /** Whether whoever presents a token must prove to hold the key that it is bound to (RFC 7800). */
  readonly bound: boolean;
}

/** The one reason that a caller is told: it says no more than the token itself. */
export const EXPIRED = "the token has expired";

/** Who a token speaks for. */
export interface Subject {
  readonly name: string;
  /** `client`: a service that acts for itself, so that it is never taken for a user of the same name. */
  readonly kind: "user" | "client";
}

/** What an acceptable claims set says. */
export interface Acceptable {
  readonly subject: Subject;
  /** Ms since the epoch; the tolerance is in it. */
  readonly expiresAt: number;
}

/**
 * Judges a claims set (RFC 7519 §4.1, RFC 8725 §3.9). `exp` and `aud` must be there; the issuer is judged before.
 * @param now ms since the epoch
 * @returns the reason, where it is refused.
 */
export function judgeClaims(
  claims: Readonly<Record<string, unknown>>,
  { audience, tolerance, bound }: ClaimRules,
  now: number,
): Acceptable | string {
  const { aud, exp, nbf, iat } = claims;
  const listed = Array.isArray(aud) ? aud : [aud];
  if (!listed.every((one) => typeof one === "string")) return "the audience is missing or malformed";
  if (!listed.some((one) => audience.includes(one))) return "the token is for another audience";
  if (!isDate(exp)) return "the exp claim is missing or no date";
  if (nbf !== undefined && !isDate(nbf)) return "the nbf claim is no date";
  if (iat !== undefined && !isDate(iat)) return "the iat claim is no date";
  // Where no proof is checked, one that is owed is missing; and where one is, a token that owes none may be anybody's.
  if (!bound && claims.cnf !== undefined) return "the token is bound to a key that its holder has not proved";
  if (bound && claims.cnf === undefined) return "the token is not bound to a key";
  const subject = subjectOf(claims);
  if (subject === undefined) return "the subject is missing or malformed";
  const expiresAt = exp * 1_000 + tolerance;
  if (now >= expiresAt) return EXPIRED;
  if (nbf !== undefined && now + tolerance < nbf * 1_000) return "the token is not valid yet";
  if (iat !== undefined && now + tolerance < iat * 1_000) return "the token was issued in the future";
  return { subject, expiresAt };
}

/** The caller: `sub`, or the client of a token that a service was given for itself (RFC 9068 §2.2). */
export function subjectOf({ sub, client_id, azp }: Readonly<Record<string, unknown>>): Subject | undefined {
  if (sub !== undefined) return isName(sub) ? { name: sub, kind: "user" } : undefined;
  const client = client_id ?? azp;
  return isName(client) ? { name: client, kind: "client" } : undefined;
}

/**
 * The scopes of a token: a list, or a string with spaces between them (RFC 8693 §4.2). A claim of any other form
 * grants nothing.
 * @param claim the name of the claim; by default `scope`, else `scp`
 */
export function scopesOf(
  claims: Readonly<Record<string, unknown>>,
  claim: string | undefined,
): readonly string[] {
  const value = claim === undefined ? (claims.scope ?? claims.scp) : claims[claim];
  if (typeof value === "string") return value.split(" ").filter((scope) => scope !== "");
  return Array.isArray(value) ? value.filter((scope) => typeof scope === "string") : [];
}

/** A NumericDate (RFC 7519 §2). */
export function isDate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Lone surrogates would make one name of two once it is written as UTF-8. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed();
}
