import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderPage } from "../../scripts/reference/page.ts";

const { text, problems } = renderPage();

describe("docs/manifest.md", () => {
  it("is what the sources say: write it anew with `npm run reference`", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/manifest.md"), "utf8");
    expect(page).toBe(text);
  });

  it("leaves nothing undescribed", () => {
    expect(problems).toEqual([]);
  });

  it("links to headings that there are", () => {
    const anchors = new Set(
      [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replace(/[^\w\- ]/g, "")
          .replaceAll(" ", "-"),
      ),
    );
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
    expect(links.length).toBeGreaterThan(50);
    expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });
});
