/** What every logout token says (OpenID Connect Back-Channel Logout 1.0 §2.4). */
const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** Whom a logout token logs out. */
export interface LogoutOrder {
  /** Everybody's sessions of this subject, unless `sid` names one. */
  readonly subject: string | undefined;
  /** One session of the provider. */
  readonly sid: string | undefined;
  /** When it was given out, in ms since the epoch. */
  readonly issuedAt: number;
}

/**
 * Judges the claims of a logout token whose signature, issuer, audience and times are proved (§2.6). An ID token, which
 * the same keys sign, is none: it has a `nonce` and no event.
 * @returns the reason, where it is refused.
 */
export function judgeLogoutToken(claims: Readonly<Record<string, unknown>>): LogoutOrder | string {
  const { sub, sid, iat, jti, events, nonce } = claims;
  if (nonce !== undefined) return "it has a nonce, which no logout token has";
  if (typeof jti !== "string" || jti === "") return "it has no id";
  const event =
    typeof events === "object" && events !== null ? (events as Record<string, unknown>)[EVENT] : null;
  if (typeof event !== "object" || event === null) return "it is not about a logout";
  if (![sub, sid].every((name) => name === undefined || (typeof name === "string" && name !== "")))
    return "its subject or session is malformed";
  if (sub === undefined && sid === undefined) return "it names neither a subject nor a session";
  if (typeof iat !== "number") return "it does not say when it was issued";
  return { subject: sub as string | undefined, sid: sid as string | undefined, issuedAt: iat * 1_000 };
}
