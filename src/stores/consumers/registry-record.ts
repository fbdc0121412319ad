import type { Consumer } from "./consumer.ts";
import type { KeptKey } from "./tables.ts";

/** A part of the registry as it goes from one gateway to another: a consumer, or a key as its hash, never its text. */
export type RegistryRecord = { readonly consumer: Consumer } | { readonly key: KeptKey };

/** What is to become of what is there already and is not as the record has it. */
export type OnConflict = "refuse" | "replace";

/** What became of a record. */
export type ImportedAs = "created" | "unchanged" | "replaced";

/** Why a record cannot be taken in. */
export interface ImportConflict {
  /** Its place among the records, from 0. */
  readonly record: number;
  /** Which field: the path in the record, such as `key.hash`. */
  readonly field: string;
  /** What is wrong with it: the rest of a sentence that begins with the field. */
  readonly what: string;
}
