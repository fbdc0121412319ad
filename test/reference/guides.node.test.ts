import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readFences } from "../../scripts/reference/fences.ts";
import { readGuides } from "../../scripts/reference/guides.ts";
import { credentials } from "../../src/identity/credentials/registry.ts";

const guides = readGuides();

describe("the pages of docs/credentials and docs/limits", () => {
  for (const { name, isIndex, file, text, filled } of guides) {
    it(`${name}.md has what the examples and the sources say: write it anew with \`npm run reference\``, () => {
      expect(text).toBe(filled);
    });

    it(`${name}.md has no block that no test runs`, () => {
      expect(readFences(text).length).toBeGreaterThanOrEqual(isIndex ? 0 : 2);
    });

    it(`${name}.md links to what there is`, () => {
      const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
      const broken = links.filter(([, path = "", anchor]) => {
        const target = path === "" ? file : join(dirname(file), path);
        return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).has(anchor));
      });
      expect(broken.map(([link]) => link)).toEqual([]);
    });
  }

  it("show every credential at work", () => {
    const shown = guides.flatMap(({ text }) => readFences(text).map((fence) => fence.text)).join("\n");
    expect(Object.keys(credentials).filter((name) => !shown.includes(`${name}({`))).toEqual([]);
  });

  it("are all in the index of their folder", () => {
    const missing = guides.filter(({ file, isIndex }) => {
      const index = guides.find((other) => other.isIndex && dirname(other.file) === dirname(file));
      return !isIndex && !index?.text.includes(`](${basename(file)})`);
    });
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

describe("readFences", () => {
  const fence = (info: string, text = "x") => `\`\`\`${info}\n${text}\n\`\`\`\n`;

  it("knows what each block is, and where", () => {
    const page = `# Title\n\n${fence("ts docs/examples/jwt.ts")}\n${fence("sh calls docs/examples/jwt.ts", "a\nb")}\n${fence("text printed")}`;
    expect(readFences(page)).toEqual([
      { role: "manifest", language: "ts", example: "jwt", text: "x", line: 3 },
      { role: "caller", language: "sh", example: "jwt", text: "a\nb", line: 7 },
      { role: "printed", language: "text", example: "", text: "x", line: 12 },
    ]);
  });

  it("refuses what no test would run", () => {
    for (const info of ["", "ts", "json", "console", "sh calls jwt", "ts calls docs/examples/../jwt.ts"])
      expect(() => readFences(fence(info)), info).toThrow("no test would run");
    expect(() => readFences("  ```ts\n  x\n  ```\n")).toThrow("indented");
    expect(() => readFences("~~~ts\nx\n~~~\n")).toThrow("of another kind");
    expect(() => readFences(`${fence("ts docs/examples/jwt.ts")}\`\`\`ts\nx\n`)).toThrow("without an end");
  });

  it("refuses programs of which nobody says what they print, and prints of no program", () => {
    expect(() => readFences(fence("ts calls docs/examples/jwt.ts"))).toThrow("what this prints");
    expect(() => readFences(fence("text printed"))).toThrow("nothing prints");
    expect(() => readFences(fence("ts docs/examples/jwt.ts") + fence("text printed"))).toThrow(
      "nothing prints",
    );
  });
});

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(file: string): Set<string> {
  if (!file.endsWith(".md")) return new Set();
  const text = readFileSync(file, "utf8").replace(/^```[\s\S]*?^```$/gm, "");
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}
