import { type Refusal, refuse } from "../errors/refusal.ts";
import type { Requirements } from "./declare.ts";
import type { Identity } from "./identity.ts";
import { lackingRight } from "./requirements.ts";

/**
 * Holds an identity to a route's requirements, for credentials whose identities do not come and go: they are few, and
 * each is judged in no time.
 */
export function withRights(identity: Identity, requirements: Requirements): Identity | Refusal {
  const lacking = lackingRight(identity, requirements);
  return lacking === undefined ? identity : refuse("insufficient-rights", { cause: lacking });
}
