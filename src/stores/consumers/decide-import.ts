import type { Consumer } from "./consumer.ts";
import type { DecidedLine, Decision } from "./decisions.ts";
import { mergedKey, sameConsumer, sameKey } from "./import-merge.ts";
import type { ImportConflict, ImportedAs, OnConflict, RegistryRecord } from "./registry-record.ts";
import type { ConsumerTables, KeptKey } from "./tables.ts";

/** What is there, as an import looks at it. */
type Known = Pick<ConsumerTables, "consumer" | "key" | "keyOfHash">;

/** Why nothing of an import is done. */
interface Refused {
  readonly conflicts: readonly ImportConflict[];
}

/** A record as it is to be written. */
interface PlannedWrite {
  readonly record: RegistryRecord;
  readonly as: ImportedAs;
}

/**
 * Judges records against what is there and against those before them: all are taken in, or none. An import takes
 * nothing away and begins nothing again that has ended here: of two ends of a key the earlier one counts.
 */
export function decideImport(
  records: readonly RegistryRecord[],
  onConflict: OnConflict,
  tables: Known & Pick<ConsumerTables, "putConsumer" | "putKey">,
): Decision<readonly ImportedAs[], Refused> {
  const planned = new Planned(tables);
  const value: ImportedAs[] = [];
  const conflicts: ImportConflict[] = [];
  const writes: PlannedWrite[] = [];
  for (const [number, record] of records.entries()) {
    const judged =
      "consumer" in record ? judgeConsumer(record.consumer, planned) : judgeKey(record.key, planned);
    if ("field" in judged) {
      conflicts.push({ record: number, ...judged });
    } else if (judged.as === "replaced" && onConflict === "refuse") {
      const field = "consumer" in record ? "consumer" : "key";
      conflicts.push({ record: number, field, what: "is not as it is here" });
    } else {
      value.push(judged.as);
      if (judged.as === "unchanged") continue;
      writes.push(judged);
      planned.add(judged.record);
    }
  }
  if (conflicts.length > 0) return { conflicts };
  const write = () => {
    for (const { record } of writes) {
      if ("consumer" in record) tables.putConsumer(record.consumer);
      else tables.putKey(record.key);
    }
  };
  return { value, write, lines: writes.map(importLine) };
}

/** The audit line of a record that was taken in. No secrets: of metadata only the names, and no hash. */
function importLine({ record, as }: PlannedWrite): DecidedLine {
  if ("consumer" in record) {
    const { id, metadata, createdAt: _, version: __, ...rest } = record.consumer;
    const detail = { as, ...rest, metadata: Object.keys(metadata) };
    return { action: "consumer.import", consumer: id, detail };
  }
  const { id, consumer, hash: _, createdAt: __, lastUsedAt: ___, ...rest } = record.key;
  return { action: "key.import", consumer, key: id, detail: { as, ...rest } };
}

/** What a record would become, or why it can become nothing. */
type Judged = PlannedWrite | Omit<ImportConflict, "record">;

function judgeConsumer(consumer: Consumer, planned: Known): Judged {
  const before = planned.consumer(consumer.id);
  if (before === undefined) return { as: "created", record: { consumer } };
  const as = sameConsumer(before, consumer) ? "unchanged" : "replaced";
  const { createdAt, version } = before;
  // Whoever has seen the one before must not change this one unseen.
  return { as, record: { consumer: { ...consumer, createdAt, version: version + 1 } } };
}

function judgeKey(key: KeptKey, planned: Known): Judged {
  const { id, hash, consumer } = key;
  const before = planned.key(id);
  if (before !== undefined && before.consumer !== consumer)
    return { field: "key.id", what: "is that of another consumer's key" };
  if (before !== undefined && before.hash !== hash)
    return { field: "key.hash", what: "is not that of the key of this id" };
  const sameHash = planned.keyOfHash(hash);
  if (sameHash !== undefined && sameHash.id !== id) {
    const whose = sameHash.consumer === consumer ? "another key" : "another consumer's key";
    return { field: "key.hash", what: `is that of ${whose}` };
  }
  if (planned.consumer(consumer) === undefined)
    return { field: "key.consumer", what: "is no consumer here, nor in a record before" };
  if (before === undefined) return { as: "created", record: { key } };
  const merged = mergedKey(before, key);
  return { as: sameKey(before, merged) ? "unchanged" : "replaced", record: { key: merged } };
}

/** What is there once what is planned so far is done. */
class Planned implements Known {
  readonly #known: Known;
  readonly #consumers = new Map<string, Consumer>();
  readonly #keys = new Map<string, KeptKey>();
  readonly #byHash = new Map<string, KeptKey>();

  constructor(known: Known) {
    this.#known = known;
  }

  consumer(id: string): Consumer | undefined {
    return this.#consumers.get(id) ?? this.#known.consumer(id);
  }

  key(id: string): KeptKey | undefined {
    return this.#keys.get(id) ?? this.#known.key(id);
  }

  keyOfHash(hash: string): KeptKey | undefined {
    return this.#byHash.get(hash) ?? this.#known.keyOfHash(hash);
  }

  add(record: RegistryRecord): void {
    if ("consumer" in record) {
      this.#consumers.set(record.consumer.id, record.consumer);
    } else {
      this.#keys.set(record.key.id, record.key);
      this.#byHash.set(record.key.hash, record.key);
    }
  }
}
