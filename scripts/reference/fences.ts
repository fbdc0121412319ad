/** What a fenced block of a guide is, and so what a test does with it. */
export type FenceRole =
  /** The manifest of an example: written here by `npm run reference`. */
  | "manifest"
  /** Commands and what comes of them: played against an example. */
  | "transcript"
  /** A caller's program: run against an example. */
  | "caller"
  /** What the caller before it prints. */
  | "printed";

/** A fenced block of a guide. */
export interface Fence {
  readonly role: FenceRole;
  /** `ts`, `sh`, `console` or `text`. */
  readonly language: string;
  /** Of its example's file, without the ending; empty for what is printed. */
  readonly example: string;
  readonly text: string;
  /** Of its first line in the page, from 1. */
  readonly line: number;
}

/** By what stands after the backticks. */
const ROLES: ReadonlyArray<readonly [role: FenceRole, info: RegExp]> = [
  ["manifest", /^(ts) docs\/examples\/([\w-]+)\.ts$/],
  ["transcript", /^(console) docs\/examples\/([\w-]+)\.ts$/],
  ["caller", /^(ts|sh) calls docs\/examples\/([\w-]+)\.ts$/],
  ["printed", /^(text) printed$/],
];

const FENCE = /^```(.*)\n([\s\S]*?)^```$/gm;

/**
 * Reads the fenced blocks of a guide.
 * @throws Error at a block of which no test knows what to do with it, so that nothing stands there unproved
 */
export function readFences(page: string): Fence[] {
  const fences: Fence[] = [];
  for (const { 1: info = "", 2: text = "", index } of page.matchAll(FENCE)) {
    const line = page.slice(0, index).split("\n").length;
    const [role, match] = ROLES.map(([role, form]) => [role, form.exec(info)] as const).find(
      ([, match]) => match !== null,
    ) ?? [undefined, null];
    if (role === undefined || match === null)
      throw new Error(`line ${line}: no test would run a block \`\`\`${info}`);
    const [, language = "", example = ""] = match;
    fences.push({ role, language, example, text: text.trimEnd(), line });
  }
  for (const [index, { role, line }] of fences.entries()) {
    const isPrinted = fences[index + 1]?.role === "printed";
    if (role === "caller" && !isPrinted) throw new Error(`line ${line}: nothing says what this prints`);
    if (role !== "caller" && isPrinted)
      throw new Error(`line ${fences[index + 1]!.line}: nothing prints this`);
  }
  if (fences[0]?.role === "printed") throw new Error(`line ${fences[0].line}: nothing prints this`);
  // What is none at the margin would be passed over.
  const ticks = page.match(/^\s*(?:```|~~~)/gm)?.length ?? 0;
  if (ticks !== 2 * fences.length) throw new Error("a block is indented, without an end, or of another kind");
  return fences;
}
