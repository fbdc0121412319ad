import type { ConsumerTables } from "./tables.ts";

/** What has been written to a registry since a line of its audit log. */
export interface RegistryNews {
  /** Number of the newest line; 0 where there is none. */
  readonly line: number;
  /** Whom the lines after that one are about, each once; undefined where not all of them can be told. */
  readonly consumers: readonly string[] | undefined;
}

/** Lines that one answer tells of at most. */
const MOST = 1_000;

/** Every write has its line, so who is in none of them is as before. @param since undefined: whoever asks knows nothing */
export function newsSince(
  since: number | undefined,
  tables: Pick<ConsumerTables, "linesBefore" | "linesAfter" | "oldestLines">,
): RegistryNews {
  const line = tables.linesBefore(Number.MAX_SAFE_INTEGER, 1, undefined)[0]?.number ?? 0;
  const oldest = tables.oldestLines(1)[0]?.number ?? 1;
  // Lines that are gone cannot be told of, nor can those of another registry that had more.
  if (since === undefined || since > line || since + 1 < oldest) return { line, consumers: undefined };
  const lines = tables.linesAfter(since, MOST + 1);
  if (lines.length > MOST) return { line, consumers: undefined };
  return { line, consumers: [...new Set(lines.flatMap(({ consumer }) => consumer ?? []))] };
}
