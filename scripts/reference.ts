// npm run reference: writes docs/manifest.md from the schemas, the TSDoc of the sources and docs/examples, and what the
// pages below docs/credentials and docs/limits have of them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../src/manifest/compiler/index.ts";
import { readGuides } from "./reference/guides.ts";
import { renderPage } from "./reference/page.ts";

const { text, problems } = renderPage();
if (problems.length > 0) {
  console.error(
    `The reference would not be whole:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
  );
  process.exitCode = 1;
}
writeFileSync(join(ROOT, "docs/manifest.md"), text);
for (const { file, text, filled } of readGuides()) if (filled !== text) writeFileSync(file, filled);
