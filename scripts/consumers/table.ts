/** Lines of aligned columns below a head. Without rows there is none. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly unknown[]>): string {
  if (rows.length === 0) return "";
  const cells = [head, ...rows.map((row) => row.map(cell))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ""))));
  return cells.map((row) => aligned(row, widths)).join("\n");
}

/** Lines of `name  value`; what is absent has none. */
export function facts(pairs: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(pairs)
    .map(([name, value]) => [name, cell(value)])
    .filter(([, value]) => value !== "");
  const widths = [Math.max(...rows.map(([name = ""]) => width(name)))];
  return rows.map((row) => aligned(row, widths)).join("\n");
}

/** A value for people, on one line and without what a terminal would obey. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  const last = row.length - 1;
  return row
    .map((text, column) => (column === last ? text : text + " ".repeat((widths[column] ?? 0) - width(text))))
    .join("  ")
    .trimEnd();
}

/** In characters, not in the halves of which some consist. */
function width(text: string): number {
  return [...text].length;
}
