import { RefusalError, refuse } from "../../errors/refusal.ts";
import type { ImportOutcome, Outcome, WriteFault } from "../../stores/consumers/consumer-registry.ts";
import type { ImportedAs } from "../../stores/consumers/registry-record.ts";

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

/**
 * What became of the records of an import.
 * @throws RefusalError `conflict`, which names each record that cannot be taken in: nothing of the import was done
 */
export function importedOf(outcome: ImportOutcome): readonly ImportedAs[] {
  if (!("conflicts" in outcome)) return doneOf(outcome).value;
  const conflicts = outcome.conflicts.map(({ record, field, what }) => ({
    field: `records[${record}].${field}`,
    detail: `records[${record}].${field} ${what}.`,
  }));
  const [first] = conflicts;
  const others = conflicts.length === 1 ? "" : ` ${conflicts.length - 1} more in conflicts.`;
  const detail = `Nothing was imported: ${first?.detail}${others}`;
  throw new RefusalError(refuse("conflict", { detail, extensions: { conflicts } }));
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
