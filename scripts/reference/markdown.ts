import type { Example } from "./example.ts";
import { mergedRows } from "./rows.ts";
import type { Part, Section } from "./sections.ts";
import type { Shape } from "./shape.ts";
import type { Documented } from "./source.ts";

/** What a section is rendered with beside itself. */
export interface Surroundings {
  readonly examples: readonly Example[];
  /** Codes that the key may answer with. */
  readonly codes: readonly string[];
  /** Its page below docs/, where it has one. */
  readonly guide?: string | undefined;
}

/** A section with its heading, table and examples. */
export function renderSection(section: Section, { examples, codes, guide }: Surroundings): string {
  const { key, doc, shape, fallback, parts, phase, repeatable, methods } = section;
  const facts = [
    phase === undefined ? undefined : `Phase \`${phase}\`.`,
    shape.text === "object" || parts.length > 0 ? undefined : `Takes ${shape.text}.`,
    fallback === undefined ? undefined : `Default: ${fallback}.`,
    methods && `A group's is for its ${methods.join(" and ")} routes.`,
    repeatable ? "A route may have several, as a list." : undefined,
    codes.length === 0 ? undefined : `May refuse with ${joined(codes.map(codeLink))}.`,
    guide && `Told at length in [${guide}](${guide}).`,
  ].filter((fact) => fact !== undefined);
  return blocks([
    `### \`${key}\``,
    doc,
    facts.join(" "),
    renderTable(shape),
    ...parts.map(renderPart),
    ...examples.map(renderExample),
  ]);
}

/** A table of options, with those below them. */
export function renderTable(shape: Shape): string {
  const rows = mergedRows(shape);
  if (rows.length === 0) return "";
  const lines = rows.map(({ labels, option: { shape, required, fallback = "", text } }) => {
    const cells = [
      labels.map((label) => `\`${label}\``).join(" "),
      shape.text,
      required ? "*required*" : fallback,
      text,
    ];
    return `| ${cells.map(cell).join(" | ")} |`;
  });
  return ["| key | takes | default | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

/** What functions and identities hold: nothing of it is written in a manifest. */
export function renderMembers(shape: Shape): string {
  const lines = shape.options.map(
    ({ name, shape, text }) => `| \`${name}\` | ${cell(shape.text)} | ${cell(text)} |`,
  );
  return ["| member | type | meaning |", "|---|---|---|", ...lines].join("\n");
}

/** What a manifest imports: values first. */
export function renderImports(imports: readonly Documented[]): string {
  const line = ({ name, doc, isType }: Documented) => {
    const [summary = ""] = doc.split(/(?<=\.)\s/);
    return `| ${isType ? "type " : ""}\`${name}\` | ${cell(summary)} |`;
  };
  const sorted = imports.toSorted((a, b) => Number(a.isType) - Number(b.isType));
  return ["| import | what it is |", "|---|---|", ...sorted.map(line)].join("\n");
}

/** An example: what it shows, the manifest, and what it answers. */
export function renderExample({ name, intro, code, transcript }: Example): string {
  return blocks([
    `${intro} [${name}.ts](examples/${name}.ts)`,
    `\`\`\`ts\n${code}\n\`\`\``,
    `\`\`\`console\n${transcript}\n\`\`\``,
  ]);
}

/** Parts of a page, with empty lines between them. */
export function blocks(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

function renderPart({ title, doc, shape }: Part): string {
  return blocks([`#### ${title}`, doc, renderTable(shape)]);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n\n", "<br>").replaceAll("\n", " ");
}

function codeLink(code: string): string {
  return `[\`${code}\`](errors.md#${code})`;
}

function joined(texts: readonly string[]): string {
  const last = texts.at(-1) ?? "";
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(", ")} or ${last}`;
}
