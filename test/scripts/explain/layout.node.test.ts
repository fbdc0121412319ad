import { expect, it } from "vitest";
import { columns, formatTime, wrap } from "../../../scripts/explain/layout.ts";

it("text is wrapped between words, and no word is broken", () => {
  const lines = wrap(`${"word ".repeat(40)}${"x".repeat(120)} end`, "    ", "  ");
  expect(lines[0]).toMatch(/^ {2}word/);
  expect(lines.slice(1).every((line) => /^ {4}\S/.test(line))).toBe(true);
  expect(lines.filter((line) => line.length > 100)).toEqual([`    ${"x".repeat(120)}`]);
  expect(lines.map((line) => line.trim()).join(" ")).toBe(`${"word ".repeat(40)}${"x".repeat(120)} end`);
});

it("columns are aligned, and what is below one another stays so", () => {
  expect(
    columns([
      ["a", "long name", "first\nsecond"],
      ["bcd", "x", ""],
    ]),
  ).toEqual(["  a    long name  first", "                  second", "  bcd  x"]);
  expect(columns([])).toEqual([]);
});

it("times are in the unit that people would choose", () => {
  expect([0, 999, 1_000, 3_600, 60_000, 90_000, 3_600_000, 86_400_000].map(formatTime)).toEqual([
    "0 ms",
    "999 ms",
    "1 s",
    "3.6 s",
    "1 min",
    "90 s",
    "1 h",
    "1 d",
  ]);
});
