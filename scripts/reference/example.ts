import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../src/manifest/compiler/index.ts";

/** A whole manifest that shows a key at work, and what it answers. */
export interface Example {
  /** Of its file, without the ending. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** Markdown: what it shows. */
  readonly intro: string;
  /** The manifest without its comments at top and bottom. */
  readonly code: string;
  /** `curl` commands and what comes of them; a test plays them. */
  readonly transcript: string;
}

/** Where the examples are. */
export const EXAMPLES = join(ROOT, "docs/examples");

/** All examples, by name. */
export function readExamples(): Example[] {
  const files = readdirSync(EXAMPLES).filter((file) => file.endsWith(".ts"));
  const names = files.map((file) => file.slice(0, -".ts".length)).toSorted();
  return names.map((name) => {
    const file = join(EXAMPLES, `${name}.ts`);
    return parseExample(file, name, readFileSync(file, "utf8"));
  });
}

/** An example begins with what it shows, and ends with its transcript, both as line comments. */
function parseExample(file: string, name: string, source: string): Example {
  const lines = source.trimEnd().split("\n");
  const isComment = (line: string) => line.startsWith("//");
  const start = lines.findIndex((line) => !isComment(line));
  const end = lines.findLastIndex((line) => !isComment(line)) + 1;
  const text = (part: readonly string[]) => part.map((line) => line.replace(/^\/\/ ?/, "")).join("\n");
  const intro = text(lines.slice(0, start)).replaceAll("\n", " ").trim();
  const transcript = text(lines.slice(end));
  if (intro === "" || transcript === "") {
    throw new Error(`${file} begins with a comment that says what it shows, and ends with one that plays it`);
  }
  return { name, file, intro, code: lines.slice(start, end).join("\n").trim(), transcript };
}

/** The examples of a key: `<key>.ts` and `<key>-<anything>.ts`, unless another key is meant by more of the name. */
export function examplesOf(key: string, examples: readonly Example[], keys: readonly string[]): Example[] {
  const owner = ({ name }: Example) =>
    keys
      .filter((each) => name === fileName(each) || name.startsWith(`${fileName(each)}-`))
      .toSorted((a, b) => b.length - a.length)[0];
  return examples.filter((example) => owner(example) === key);
}

/** How the example of a key is called. */
export function fileName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
