import { RefusalError, refuse } from "../../errors/refusal.ts";
import type { Outcome, WriteFault } from "../../stores/consumers/consumer-registry.ts";

/** What was done. @throws RefusalError that says why it was not */
export function doneOf<T>(outcome: Outcome<T>): { readonly value: T; readonly repeated: boolean } {
  if (!("fault" in outcome)) return outcome;
  throw new RefusalError(refusalOf(outcome.fault));
}

/** A thing that must be there. @throws RefusalError `entry-not-found` */
export function present<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new RefusalError(refuse("entry-not-found"));
}

function refusalOf(fault: WriteFault) {
  switch (fault) {
    case "unknown":
      return refuse("entry-not-found");
    case "stale":
      return refuse("precondition-failed");
    case "exists":
      return refuse("conflict", { detail: "There is one of this name." });
    case "ended":
      return refuse("conflict", { detail: "The key was revoked, has expired, or was rolled before." });
    case "reused":
      return refuse("conflict", { detail: "This Idempotency-Key came before, with another request." });
  }
}
