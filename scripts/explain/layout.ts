/** Longest line, in characters; a word that is longer is not broken. */
const WIDTH = 100;

/** Text in lines of bounded length. @param indent before each line @param first before the first, in its place */
export function wrap(text: string, indent = "", first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else {
      line += empty ? word : ` ${word}`;
    }
    empty = false;
  }
  return [...lines, line].map((each) => each.trimEnd());
}

/** Rows as aligned columns, the last of which is wrapped. */
export function columns(rows: ReadonlyArray<readonly string[]>, indent = "  "): string[] {
  const widths = (rows[0] ?? []).slice(0, -1).map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.flatMap((row) => {
    const cells = row.slice(0, -1).map((cell, at) => cell.padEnd(widths[at]! + 2));
    const lead = indent + cells.join("");
    return row
      .at(-1)!
      .split("\n")
      .flatMap((text, index) =>
        wrap(text, " ".repeat(lead.length), index === 0 ? lead : " ".repeat(lead.length)),
      );
  });
}

/** A heading and what stands below it; nothing where that is nothing. */
export function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", heading, ...lines];
}

/** A time in ms as people read it. */
export function formatTime(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size && ms % size === 0);
  if (unit !== undefined) return `${ms / unit[1]} ${unit[0]}`;
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
] as const;

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
