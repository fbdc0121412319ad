import type { Redactor } from "./redact.ts";
import type { Field, HeaderChanges } from "./traced.ts";

/** Header fields as they are, to be compared later. */
export function fieldsOf(headers: Headers): readonly Field[] {
  return [...headers];
}

/** What became of header fields; undefined where nothing did. */
export function headerChanges(
  before: readonly Field[],
  after: readonly Field[],
  redactor: Redactor,
): HeaderChanges | undefined {
  const values = (fields: readonly Field[], name: string) =>
    fields.flatMap((field) => (field[0] === name ? [field[1]] : [])).join("\n");
  const set = after.filter(([name]) => values(before, name) !== values(after, name)).map(redactor.field);
  const names = new Set(before.map(([name]) => name));
  const removed = [...names].filter((name) => !after.some((field) => field[0] === name));
  return set.length + removed.length === 0 ? undefined : { set, removed };
}
