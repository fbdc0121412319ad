// npm run build [-- --manifest FILE] [-- --out DIR --port N --development --whole]
// Checks and compiles the manifest into .isogate/entry.ts; with --out also bundles it for a bare workerd.
// --whole: with every part of the Worker, used or not, as tests of the parts need it.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { entrySource, reportSource } from "../src/manifest/compiler/entry.ts";
import { buildManifest, formatFindings, manifestPath, ROOT } from "../src/manifest/compiler/index.ts";
import { bundleForWorkerd } from "./bundle.ts";

const { values } = parseArgs({
  options: {
    manifest: { type: "string" },
    out: { type: "string" },
    port: { type: "string", default: "8080" },
    development: { type: "boolean", default: false },
    whole: { type: "boolean", default: false },
  },
});

// wrangler tells its build command why it runs.
const dev = process.env.WRANGLER_COMMAND === "dev";
const development = dev || values.development;
const out = values.out === undefined ? undefined : resolve(values.out);
const entry = out === undefined ? join(ROOT, ".isogate/entry.ts") : resolve(out, "entry.ts");
const { compiled, findings } = await buildManifest(manifestPath(values.manifest));

if (findings.length > 0) {
  const report = formatFindings(findings);
  console.error(report);
  // A failing build would make `wrangler dev` hang: it serves the report instead. A deploy must fail.
  if (!dev) process.exit(1);
  write(reportSource(report));
} else {
  write(entrySource(compiled, { out: entry, development, upstash: usesUpstash(), whole: values.whole }));
  if (out !== undefined)
    await bundleForWorkerd(entry, out, { port: Number(values.port), variables: compiled.variables });
}

function write(source: string): void {
  mkdirSync(dirname(entry), { recursive: true });
  writeFileSync(entry, source);
}

function usesUpstash(): boolean {
  return compiled.policyNames.includes("rateLimit") && ["auto", "upstash"].includes(compiled.stores.counters);
}
