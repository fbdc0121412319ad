import { Refusal } from "../errors/refusal.ts";
import type { CredentialVerdict } from "./credential.ts";
import type { Requirements } from "./declare.ts";
import type { Identity } from "./identity.ts";
import { lackingRight } from "./requirements.ts";

/**
 * Judges what an identity may do, once for each identity: what remembers credentials gives the same object again.
 * @param insufficient makes the refusal of what lacks a right, for a reason that the log is told
 */
export function rightsJudge(
  requirements: Requirements,
  insufficient: (reason: string) => Refusal,
): (verdict: CredentialVerdict) => CredentialVerdict {
  const { scopes = [], claims = {} } = requirements;
  if (scopes.length === 0 && Object.keys(claims).length === 0) return (verdict) => verdict;
  const judged = new WeakMap<Identity, Identity | Refusal>();
  return (verdict) => {
    if (verdict === undefined || verdict instanceof Refusal) return verdict;
    let judgement = judged.get(verdict);
    if (judgement === undefined) {
      const lacking = lackingRight(verdict, requirements);
      judgement = lacking === undefined ? verdict : insufficient(lacking);
      judged.set(verdict, judgement);
    }
    return judgement;
  };
}
