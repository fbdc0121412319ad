import { decodeJwt } from "jose";
import type { Identity } from "../identity.ts";
import { nameIn, namesIn } from "../jwt/claim-path.ts";
import type { Session, SessionRules } from "./session.ts";

/** Claims that bind an ID token to one login or to other tokens, and say nothing of who logged in. */
const OF_THE_LOGIN: ReadonlySet<string> = new Set(["at_hash", "c_hash", "nonce", "s_hash", "sid"]);

/** Who a session's ID token speaks of, and which claims name the login itself. */
export interface SessionClaims {
  readonly issuer: string;
  readonly subject: string;
  /** The provider's name for its own session. */
  readonly sid: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Takes an ID token apart that was verified before it was sealed. */
export function claimsOf(idToken: string): SessionClaims {
  const claims = decodeJwt(idToken);
  const { iss = "", sub = "", sid } = claims;
  const lasting = Object.entries(claims).filter(([name]) => !OF_THE_LOGIN.has(name));
  return {
    issuer: iss,
    subject: sub,
    sid: typeof sid === "string" ? sid : undefined,
    claims: Object.fromEntries(lasting),
  };
}

/**
 * The identity of a session; frozen, because many requests share it.
 * @param expiresAt ms since the epoch
 */
export function identityOfSession(
  { issuer, subject, claims }: SessionClaims,
  { scopes, id }: Session,
  expiresAt: number,
  { rolesClaim, consumerClaim }: Pick<SessionRules, "rolesClaim" | "consumerClaim"> = {},
): Identity {
  const consumer = consumerClaim === undefined ? undefined : nameIn(claims, consumerClaim);
  return deepFreeze({
    id: `${issuer}#${subject}`,
    subject,
    issuer,
    claims,
    scopes,
    ...(rolesClaim !== undefined && { roles: namesIn(claims, rolesClaim) }),
    ...(consumer !== undefined && { consumer }),
    credential: "oidc",
    key: `oidc:${issuer}#${id}`,
    expiresAt,
  });
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === "object" && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
