// The pages below docs/credentials and docs/limits: written by hand, but for the manifests and the tables of options in
// them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../src/manifest/compiler/index.ts";
import { keyedSections } from "./coverage.ts";
import { type Example, readExamples } from "./example.ts";
import { mergedRows } from "./rows.ts";
import { readSections, type Sections } from "./sections.ts";
import type { Shape } from "./shape.ts";

/** A page about a kind of credential or limit, or about all of them. */
export interface Guide {
  /** Of its folder and file, without the ending: `credentials/hmac`. */
  readonly name: string;
  /** Whether it is its folder's first page, which leads to the others. */
  readonly isIndex: boolean;
  /** Absolute path. */
  readonly file: string;
  /** As it stands in the file. */
  readonly text: string;
  /** As it should stand there. */
  readonly filled: string;
}

const FOLDERS = ["credentials", "limits"];
const INDEX = /^(?:index|README)\.md$/;
const MANIFEST = /^```ts docs\/examples\/([\w-]+)\.ts\n[\s\S]*?^```$/gm;
const OPTIONS = /^<!-- options (\w+)(?: ([\w.]+))? -->\n[\s\S]*?^<!-- end -->$/gm;

/** All guides, by folder and name. */
export function readGuides(): Guide[] {
  const examples = readExamples();
  const sections = readSections();
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, "docs", folder))
      .filter((name) => name.endsWith(".md"))
      .toSorted()
      .map((name) => {
        const file = join(ROOT, "docs", folder, name);
        const text = readFileSync(file, "utf8");
        const filled = fillGuide(text, examples, sections);
        return { name: `${folder}/${name.slice(0, -3)}`, isIndex: INDEX.test(name), file, text, filled };
      }),
  );
}

/** Writes anew what a guide has from the examples and from the sources. @throws Error where there is no such thing */
export function fillGuide(text: string, examples: readonly Example[], sections: Sections): string {
  const markers = text.match(/^<!-- (?:options|end)\b/gm)?.length ?? 0;
  const tables = text.match(OPTIONS)?.length ?? 0;
  if (markers !== 2 * tables) throw new Error("a table of options has no end, or its key cannot be read");
  return text
    .replace(MANIFEST, (_, name: string) => {
      const example = examples.find((each) => each.name === name);
      if (example === undefined) throw new Error(`there is no docs/examples/${name}.ts`);
      return `\`\`\`ts docs/examples/${name}.ts\n${example.code}\n\`\`\``;
    })
    .replace(OPTIONS, (_, key: string, below: string | undefined) => {
      const marker = below === undefined ? key : `${key} ${below}`;
      return `<!-- options ${marker} -->\n${optionTable(key, below, sections)}\n<!-- end -->`;
    });
}

/** A line for each option: its default, and the first sentence of what it means. */
function optionTable(key: string, below: string | undefined, sections: Sections): string {
  const lines = mergedRows(shapeOf(key, sections)).flatMap(({ labels, option }) => {
    const shown = labels.filter((label) => below === undefined || `${label}.`.startsWith(`${below}.`));
    if (shown.length === 0) return [];
    const [sentence = ""] = option.text.split(/(?<=\.)\s/);
    const names = shown.map((label) => `\`${label}\``).join(" ");
    return `| ${names} | ${cell(option.required ? "*required*" : (option.fallback ?? ""))} | ${cell(sentence)} |`;
  });
  if (lines.length === 0) throw new Error(`there are no options "${key} ${below}"`);
  return ["| option | default | meaning |", "|---|---|---|", ...lines].join("\n");
}

function shapeOf(key: string, sections: Sections): Shape {
  const all = keyedSections(sections);
  const found = [
    ...all.map(({ key, shape }) => ({ name: key, shape })),
    ...all.flatMap(({ parts }) => parts),
  ];
  const shape = found.find(({ name }) => name === key)?.shape;
  if (shape === undefined) throw new Error(`there are no options of "${key}"`);
  return shape;
}

/** Links lead from docs/manifest.md, for which it was written, and not from a folder below. */
function cell(text: string): string {
  const linked = text.replace(/\]\(#/g, "](../manifest.md#").replace(/\]\((?=[\w-]+\.md)/g, "](../");
  return linked.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ");
}
