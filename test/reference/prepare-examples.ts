// node test/reference/prepare-examples.ts OUT: checks, compiles and bundles all examples into one worker, and tells
// what they lack, as JSON. A process of its own, because Vitest's module loader takes the place of Node's.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundleForWorkerd } from "../../scripts/bundle.ts";
import { uncovered, usedOptions } from "../../scripts/reference/coverage.ts";
import { readExamples } from "../../scripts/reference/example.ts";
import { readSections } from "../../scripts/reference/sections.ts";
import { entrySource } from "../../src/manifest/compiler/entry.ts";
import { buildManifest, formatFindings, ROOT } from "../../src/manifest/compiler/index.ts";
import { loadManifest } from "../../src/manifest/compiler/load.ts";
import { ALL_PARTS, objectExports } from "../../src/manifest/compiler/objects.ts";

const out = resolve(process.argv[2] ?? "");
mkdirSync(out, { recursive: true });

const examples = readExamples();
const sections = readSections();
const findings: Record<string, string> = {};
const used = new Map<string, readonly string[]>();
const variables = new Set<string>();
for (const { name, file } of examples) {
  const { compiled, findings: found } = await buildManifest(file);
  if (found.length > 0) findings[name] = formatFindings(found);
  for (const variable of compiled.variables) variables.add(variable);
  used.set(name, usedOptions(await loadManifest(file), sections));
  const entry = join(out, `${name}.entry.ts`);
  const source = entrySource(compiled, { out: entry, development: true, upstash: false });
  // What objects send goes by the Worker that was made last, so the stage says when each is made.
  writeFileSync(entry, source.replace("export default createWorker(", "export default () => createWorker("));
}

writeFileSync(
  join(out, "entry.ts"),
  `import { stage } from ${JSON.stringify(join(ROOT, "test/reference/stage.ts"))};
${examples.map(({ name }, index) => `import example_${index} from "./${name}.entry.ts";`).join("\n")}
${objectExports(ALL_PARTS, (path) => JSON.stringify(join(ROOT, path))).join("\n")}
export default stage({
${examples.map(({ name }, index) => `  ${JSON.stringify(name)}: example_${index},`).join("\n")}
});
`,
);
await bundleForWorkerd(join(out, "entry.ts"), out, { port: 0, variables: [...variables] });
console.log(
  JSON.stringify({ findings, uncovered: uncovered(sections, examples, used), problems: sections.problems }),
);
