import { isCredential } from "../../identity/declare.ts";
import type { Findings } from "./finding.ts";
import { isInstance } from "./serialise.ts";

/**
 * Reports what cannot be data: what contains itself, so that nothing could ever read it to its end, and values that
 * no JSON can hold. @returns whether there is none
 */
export function checkData(value: unknown, findings: Findings): boolean {
  const finished = new Set<unknown>();
  const open: unknown[] = [];
  const path: string[] = [];

  function isSound(inner: unknown): boolean {
    if (typeof inner === "bigint" || typeof inner === "symbol") {
      findings.at(...path).add(`is a ${typeof inner}, which no manifest can hold`);
      return false;
    }
    // The insides of functions, apps and instances are nobody's business.
    const isData = typeof inner === "object" && inner !== null && !isInstance(inner);
    if (finished.has(inner) || !(isData || isCredential(inner))) return true;
    if (open.includes(inner)) {
      findings.at(...path).add("contains itself: a manifest is data without circles");
      return false;
    }
    open.push(inner);
    for (const [key, member] of Object.entries(inner)) {
      path.push(key);
      if (!isSound(member)) return false;
      path.pop();
    }
    open.pop();
    finished.add(inner);
    return true;
  }

  return isSound(value);
}
