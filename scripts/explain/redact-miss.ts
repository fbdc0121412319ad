import { REDACTED, type Redactor } from "../../src/explain/redact.ts";
import { isCredentialName } from "../../src/http/credential-name.ts";
import type { Miss } from "../../src/match/why-not.ts";

/** Why a route is not met as it may be shown: what the request has is not, where it may be a credential. */
export function redactMiss(miss: Miss, redactor: Redactor): Miss {
  const isThere = miss.actual !== undefined && miss.actual !== null;
  return isThere && mayBeCredential(miss, redactor) ? { ...miss, actual: REDACTED } : miss;
}

function mayBeCredential({ predicate, name = "" }: Miss, { isField, isParameter }: Redactor): boolean {
  switch (predicate) {
    case "cookie":
      return true;
    case "query":
      return isParameter(name.toLowerCase());
    case "header":
      return isField(name);
    case "body":
      // A JSON Pointer: what it names, or whatever that is a part of.
      return name.split("/").some(isCredentialName);
    default:
      return false;
  }
}
