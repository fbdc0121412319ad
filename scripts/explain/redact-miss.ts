import { isCredentialParameter, REDACTED } from "../../src/explain/redact.ts";
import { isCredentialName } from "../../src/http/credential-name.ts";
import type { Miss } from "../../src/match/why-not.ts";

/** Why a route is not met as it may be shown: what the request has is not, where it may be a credential. */
export function redactMiss(miss: Miss): Miss {
  const isThere = miss.actual !== undefined && miss.actual !== null;
  return isThere && mayBeCredential(miss) ? { ...miss, actual: REDACTED } : miss;
}

function mayBeCredential({ predicate, name = "" }: Miss): boolean {
  switch (predicate) {
    case "cookie":
      return true;
    case "query":
      return isCredentialParameter(name.toLowerCase());
    case "header":
      return isCredentialName(name);
    case "body":
      // A JSON Pointer: what it names, or whatever that is a part of.
      return name.split("/").some(isCredentialName);
    default:
      return false;
  }
}
