import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The rows of a table below a heading of a page of docs/, without its head. A cell that is a code span is its code. */
export function tableOf(page: string, heading: string, nth = 0): string[][] {
  const text = readFileSync(join(import.meta.dirname, "../../docs", page), "utf8");
  const section = text.split(/^#+ /m).find((each) => each.startsWith(`${heading}\n`));
  const tables = section?.match(/(?:^\|.*\n)+/gm) ?? [];
  const [, , ...rows] = tables[nth]?.trimEnd().split("\n") ?? [];
  if (rows.length === 0) throw new Error(`docs/${page} has no such table below "${heading}"`);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|"))
      .map((cell) => (/^(`)(.*)\1$/.exec(cell) ?? [cell, "", cell])[2]!),
  );
}
