import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../src/manifest/compiler/index.ts";
import { keyedSections } from "./coverage.ts";
import { readErrorNotes } from "./errors.ts";
import { type Example, examplesOf, fileName, readExamples } from "./example.ts";
import {
  blocks,
  renderExample,
  renderImports,
  renderMembers,
  renderSection,
  renderTable,
} from "./markdown.ts";
import { readSections, type Section, type Sections } from "./sections.ts";

const TEMPLATE = join(import.meta.dirname, "manifest.md");

/** The reference of the manifest, as docs/manifest.md has it. */
export interface Page {
  readonly text: string;
  /** What the sources or the page lack. */
  readonly problems: readonly string[];
}

/** Makes the page from the sources, the examples, and the text between them in `manifest.md` beside this file. */
export function renderPage(): Page {
  const sections = readSections();
  const renderer = new PageRenderer(sections, readExamples());
  const text = renderer.render(readFileSync(TEMPLATE, "utf8"));
  return { text, problems: [...sections.problems, ...renderer.problems()] };
}

class PageRenderer {
  readonly #sections: Sections;
  readonly #examples: readonly Example[];
  readonly #keys: readonly string[];
  readonly #notes = readErrorNotes();
  readonly #shown = new Set<string>();
  readonly #rendered = new Set<string>();

  constructor(sections: Sections, examples: readonly Example[]) {
    this.#sections = sections;
    this.#examples = examples;
    this.#keys = keyedSections(sections).map(({ key }) => key);
  }

  /** Puts into the template what its lines `{{name argument}}` call for. */
  render(template: string): string {
    const body = template.replace(
      /^\{\{([a-z-]+)(?: (.*))?\}\}$/gm,
      (line, name: string, argument?: string) => {
        return name === "contents" ? line : this.#directive(name, argument ?? "");
      },
    );
    return body.replace("{{contents}}", contents(body));
  }

  problems(): string[] {
    const unshown = this.#examples.filter(({ name }) => !this.#shown.has(name));
    const missing = this.#keys.filter((key) => !this.#rendered.has(key));
    return [
      ...missing.map((key) => `"${key}" has no place in scripts/reference/manifest.md`),
      ...unshown.map(
        ({ name }) => `docs/examples/${name}.ts is of no key, and no line of the page calls for it`,
      ),
    ];
  }

  #directive(name: string, argument: string): string {
    const { settings, actions, policies, credentials, context, identity, imports } = this.#sections;
    switch (name) {
      case "imports":
        return renderImports(imports);
      case "settings":
        return this.#all(settings);
      case "actions":
        return this.#all(actions);
      case "policies":
        return this.#all(policies);
      case "credentials":
        return this.#all(credentials);
      case "overview":
        return overview(policies);
      case "table":
        return this.#table(argument);
      case "example":
        return this.#show(this.#examples.filter((example) => example.name === argument));
      case "context":
        return renderMembers(context.shape);
      case "identity":
        return renderMembers(identity.shape);
      default:
        throw new Error(`manifest.md calls for "${name}", which is nothing`);
    }
  }

  #all(sections: readonly Section[]): string {
    return blocks(
      sections.map((section) => {
        this.#rendered.add(section.key);
        const examples = examplesOf(section.key, this.#examples, this.#keys);
        for (const { name } of examples) this.#shown.add(name);
        const codes = this.#notes.filter(({ from }) => from.includes(section.key)).map(({ code }) => code);
        return renderSection(section, { examples, codes, guide: guideOf(section.key) });
      }),
    );
  }

  /** What is no key of a route: its heading stands in the template. */
  #table(key: string): string {
    const section = keyedSections(this.#sections).find((each) => each.key === key);
    if (section === undefined)
      throw new Error(`manifest.md calls for the table of "${key}", which is nothing`);
    this.#rendered.add(key);
    const examples = this.#show(examplesOf(key, this.#examples, this.#keys));
    return blocks([section.doc, renderTable(section.shape), examples]);
  }

  #show(examples: readonly Example[]): string {
    for (const { name } of examples) this.#shown.add(name);
    return blocks(examples.map(renderExample));
  }
}

/** Pages of another name than their key's. */
const GUIDES: Readonly<Record<string, string>> = { access: "joining", block: "blocking" };

function guideOf(key: string): string | undefined {
  const path = `credentials/${GUIDES[key] ?? fileName(key)}.md`;
  return existsSync(join(ROOT, "docs", path)) ? path : undefined;
}

/** One line for each policy, in the order in which they run. */
function overview(policies: readonly Section[]): string {
  const lines = policies.map(({ key, phase, doc }) => {
    const [first = ""] = doc.split(/(?<=\.)\s/);
    return `| [\`${key}\`](#${key.toLowerCase()}) | \`${phase}\` | ${first.replaceAll("|", "\\|")} |`;
  });
  return ["| policy | phase | what it does |", "|---|---|---|", ...lines].join("\n");
}

/** Links to the headings of the first two levels below the title. */
function contents(page: string): string {
  const headings = [...page.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^(##|###) (.+)$/gm)];
  return headings
    .map(([, level, title = ""]) => {
      const anchor = title
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-");
      return `${level === "##" ? "" : "  "}- [${title}](#${anchor})`;
    })
    .join("\n");
}
