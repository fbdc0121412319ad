import { LINE_MS, MOST_LINES } from "./audit-line.ts";
import type { Act } from "./consumer-registry.ts";
import type { DecidedLine } from "./decisions.ts";
import type { ConsumerTables } from "./tables.ts";

/** How many old lines a write drops at most, beside as many as it writes: it must not wait for a year's lines. */
const SWEEP = 100;

/** Writes lines, and drops of the oldest what need not be kept any longer: mostly one row is read to find none. */
export function appendLines(
  lines: readonly DecidedLine[],
  { at, actor }: Pick<Act, "at" | "actor">,
  tables: Pick<ConsumerTables, "appendLine" | "oldestLines" | "dropLines">,
): void {
  let newest = 0;
  for (const line of lines) newest = tables.appendLine({ ...line, at, actor });
  const isOver = (line: { readonly number: number; readonly at: number }) =>
    line.number <= newest - MOST_LINES || line.at <= at - LINE_MS;
  if (newest === 0 || !tables.oldestLines(1).some(isOver)) return;
  const oldest = tables.oldestLines(lines.length + SWEEP);
  const end = oldest.findIndex((line) => !isOver(line));
  const last = oldest.at(end < 0 ? -1 : end - 1);
  if (last !== undefined) tables.dropLines(last.number);
}
