import type { Page, PageQuery } from "./consumer-registry.ts";
import { PAGE_LENGTH } from "./page.ts";
import type { RegistryRecord } from "./registry-record.ts";
import type { ConsumerTables } from "./tables.ts";

/** Consumers, or keys of one, that are read at a time: they may be large. */
const STEP = 50;

/**
 * A part of the registry, each consumer before its keys. The cursor is a consumer's id and the place of the last of its
 * keys that was given out, `acme/17`.
 */
export function exportPage({ after, limit }: PageQuery, tables: ConsumerTables): Page<RegistryRecord> {
  const [, last = "", given = "0"] = /^(.*)\/(\d+)$/.exec(after ?? "") ?? [];
  const items: RegistryRecord[] = [];
  let length = 0;
  let next: string | undefined;
  for (const { record, cursor } of recordsAfter(last, Number(given), tables)) {
    if (items.length === limit || length >= PAGE_LENGTH) return { items, next: next! };
    items.push(record);
    length += JSON.stringify(record).length;
    next = cursor;
  }
  return { items };
}

function* recordsAfter(
  last: string,
  given: number,
  tables: ConsumerTables,
): Generator<{ record: RegistryRecord; cursor: string }> {
  yield* keysAfter(last, given, tables);
  for (let after = last; ; ) {
    const consumers = tables.consumersAfter(after, STEP);
    for (const consumer of consumers) {
      yield { record: { consumer }, cursor: `${consumer.id}/0` };
      yield* keysAfter(consumer.id, 0, tables);
    }
    if (consumers.length < STEP) return;
    after = consumers.at(-1)!.id;
  }
}

function* keysAfter(consumer: string, given: number, tables: ConsumerTables) {
  for (let after = given; ; ) {
    const keys = tables.keysAfter(consumer, after, STEP);
    for (const { place, key } of keys) yield { record: { key }, cursor: `${consumer}/${place}` };
    if (keys.length < STEP) return;
    after = keys.at(-1)!.place;
  }
}
