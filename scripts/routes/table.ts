/** A line of the table of routes. An empty cell is shown as a dash. */
export interface Row {
  readonly method: string;
  /** With the predicates of `when`, if there are any. */
  readonly path: string;
  readonly access: string;
  readonly limits: string;
  readonly cache: string;
  readonly action: string;
}

const COLUMNS = ["method", "path", "access", "limits", "cache", "action"] as const;

/** The rows as aligned text under a heading, and how many they are. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [
    COLUMNS.map((name) => name.toUpperCase()),
    ...rows.map((row) => COLUMNS.map((name) => row[name] || "-")),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const text = lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
  return `${text.join("\n")}\n\n${rows.length} ${rows.length === 1 ? "route" : "routes"}`;
}
