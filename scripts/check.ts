// npm run check [-- --manifest FILE]: every mistake of the manifest at once; exits 1 when there is one.
import { parseArgs } from "node:util";
import { buildManifest, formatFindings, manifestPath } from "../src/manifest/compiler/index.ts";

const { values } = parseArgs({ options: { manifest: { type: "string" } } });
const { checked, compiled, findings } = await buildManifest(manifestPath(values.manifest));
if (findings.length > 0) {
  console.error(formatFindings(findings));
  process.exit(1);
}
console.log(`${checked.routes.length} routes, no mistakes. Manifest ${compiled.hash}.`);
