import { WrongField } from "../../src/admin/consumers/fields.ts";
import { readRecord } from "../../src/admin/consumers/record-fields.ts";
import { decideImport } from "../../src/stores/consumers/decide-import.ts";
import type { RegistryRecord } from "../../src/stores/consumers/registry-record.ts";
import { Failure } from "./failure.ts";

/** What an exported file says that it is. */
export const FORMAT = "isogate-consumers";
/** Grows when an older tool could not read the file any longer. */
export const FORMAT_VERSION = 1;
/** Mistakes that are told at once. */
const MOST_TOLD = 20;

/**
 * Reads an exported file, and judges all of it.
 * @returns its records, as they are written
 * @throws Failure that names what is wrong, and where
 */
export function readDocument(text: string): readonly object[] {
  const { format, version, records } = parsed(text);
  if (format !== FORMAT) throw new Failure(`The file is no export: its format is not "${FORMAT}".`);
  if (version !== FORMAT_VERSION)
    throw new Failure(`The file has version ${version} of the format; this reads version ${FORMAT_VERSION}.`);
  if (!Array.isArray(records)) throw new Failure("The file has no records.");
  const read: RegistryRecord[] = [];
  const mistakes: string[] = [];
  for (const [index, record] of records.entries()) {
    try {
      read.push(readRecord(record, `records[${index}]`));
    } catch (error) {
      if (!(error instanceof WrongField)) throw error;
      mistakes.push(`${error.field} ${error.what}`);
    }
  }
  if (mistakes.length === 0) mistakes.push(...contradictions(read));
  if (mistakes.length === 0) return records as readonly object[];
  const told = mistakes.slice(0, MOST_TOLD).map((mistake) => `  ${mistake}.`);
  const rest = mistakes.length - told.length;
  throw new Failure(
    `Nothing was sent: the file cannot be imported.\n${told.join("\n")}${rest > 0 ? `\n  … and ${rest} more.` : ""}`,
  );
}

/** What the records say against each other. A key's consumer may be in the registry alone. */
function contradictions(records: readonly RegistryRecord[]): string[] {
  const nowhere = () => undefined;
  const listed = new Set(records.map((record) => ("consumer" in record ? record.consumer.id : undefined)));
  const consumer = (id: string) =>
    listed.has(id) ? undefined : { id, roles: [], metadata: {}, suspended: false, createdAt: 0, version: 1 };
  const empty = { consumer, key: nowhere, keyOfHash: nowhere, putConsumer: nowhere, putKey: nowhere };
  const decision = decideImport(records, "refuse", empty);
  if ("value" in decision) return [];
  return decision.conflicts.map(({ record, field, what }) => `records[${record}].${field} ${what}`);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure("The file is no JSON: an export that was interrupted is not whole.");
  }
  if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new Failure(`The file is no export: its format is not "${FORMAT}".`);
}
