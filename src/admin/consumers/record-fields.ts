import type { OnConflict, RegistryRecord } from "../../stores/consumers/registry-record.ts";
import { readKeptConsumer } from "./consumer-fields.ts";
import { type Form, fieldsOf, optional, readPart, wrongField } from "./fields.ts";
import { readKeptKey } from "./key-fields.ts";
import { shown } from "./shown.ts";

/** Most records of an import: what one transaction writes while every look-up of a key waits. */
export const MOST_RECORDS = 500;
const MODES = ["refuse", "replace"];
const MODE: Form = {
  is: (value) => MODES.some((mode) => mode === value),
  what: `one of ${MODES.join(", ")}`,
};

/** What an import asks for. */
export interface AskedImport {
  readonly records: readonly RegistryRecord[];
  readonly onConflict: OnConflict;
}

/** Reads the body of an import. @throws RefusalError `malformed-body`, which names record and field */
export function readImport(body: unknown): AskedImport {
  const fields = fieldsOf(body, ["records", "onConflict"]);
  const { records } = fields;
  if (!Array.isArray(records) || records.length > MOST_RECORDS)
    throw wrongField("records", `is a list of at most ${MOST_RECORDS} records`);
  return {
    records: records.map((record: unknown, number) => readRecord(record, `records[${number}]`)),
    onConflict: optional<OnConflict>(fields, "onConflict", MODE) ?? "refuse",
  };
}

/** Reads a record. @param path of it, in the body or file. @throws RefusalError `malformed-body` */
export function readRecord(record: unknown, path: string): RegistryRecord {
  return readPart(path, () => {
    const fields = fieldsOf(record, ["consumer", "key"]);
    const { consumer, key } = fields;
    if ((consumer === undefined) === (key === undefined)) throw wrongField("", "is a consumer or a key");
    return consumer === undefined
      ? { key: readPart("key", () => readKeptKey(key)) }
      : { consumer: readPart("consumer", () => readKeptConsumer(consumer)) };
  });
}

/** Fields in one order, so that two exports can be compared as texts. */
const ORDER = [
  ...["id", "consumer", "name", "plan", "roles", "metadata", "suspended"],
  ...["prefix", "hash", "label", "scopes", "routes", "addresses", "origins"],
  ...["createdAt", "version", "expiresAt", "revokedAt", "replacedBy", "lastUsedAt"],
];

/** A record as the admin API shows it, and takes it back. */
export function shownRecord(record: RegistryRecord): object {
  return "consumer" in record
    ? { consumer: ordered(shown(record.consumer)) }
    : { key: ordered(shown(record.key)) };
}

function ordered(item: object): object {
  const fields = Object.entries(item) as Array<[name: string, value: unknown]>;
  return Object.fromEntries(fields.sort(([one], [other]) => ORDER.indexOf(one) - ORDER.indexOf(other)));
}
