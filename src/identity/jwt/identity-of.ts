import type { Identity } from "../identity.ts";
import { nameIn, namesIn } from "./claim-path.ts";
import { type Acceptable, scopesOf } from "./claims.ts";

/** What of an issuer's configuration goes into an identity. */
export interface IdentityRules {
  readonly issuer: string;
  /** Claim with the scopes; by default `scope`, else `scp`. */
  readonly scopesClaim?: string | undefined;
  /** Claim, or path to one, with the roles. */
  readonly rolesClaim?: string | undefined;
  /** Claim, or path to one, with the registered caller's id. */
  readonly consumerClaim?: string | undefined;
  /** Claim, or path to one, with the plan. */
  readonly planClaim?: string | undefined;
}

/**
 * The identity of a token that was judged. `id` is the issuer, `#` and the subject; for a client that acts for itself
 * `?client` stands before the `#`. An issuer has neither mark (RFC 8414 §2), so no two callers share an id.
 */
export function identityOf(
  claims: Readonly<Record<string, unknown>>,
  { subject, expiresAt }: Acceptable,
  rules: IdentityRules,
  credential = "jwt",
): Identity {
  const { rolesClaim, consumerClaim, planClaim } = rules;
  const consumer = consumerClaim === undefined ? undefined : nameIn(claims, consumerClaim);
  const plan = planClaim === undefined ? undefined : nameIn(claims, planClaim);
  return deepFreeze({
    id: `${rules.issuer}${subject.kind === "client" ? "?client" : ""}#${subject.name}`,
    subject: subject.name,
    issuer: rules.issuer,
    claims,
    scopes: scopesOf(claims, rules.scopesClaim),
    ...(rolesClaim !== undefined && { roles: namesIn(claims, rolesClaim) }),
    ...(consumer !== undefined && { consumer }),
    ...(plan !== undefined && { plan }),
    credential,
    ...(typeof claims.jti === "string" && claims.jti !== "" && { key: `${rules.issuer}#${claims.jti}` }),
    ...(Number.isFinite(expiresAt) && { expiresAt }),
  });
}

/** One identity serves many requests: nothing that one of them runs may change it for the next. */
function deepFreeze<T extends object>(root: T): T {
  const open: object[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    Object.freeze(value);
    for (const child of Object.values(value))
      if (typeof child === "object" && child !== null) open.push(child);
  }
  return root;
}
