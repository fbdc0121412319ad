// npm run routes [-- --manifest FILE]: what answers where, who may call it, and what it costs.
import { parseArgs } from "node:util";
import { buildManifest, formatFindings, manifestPath } from "../src/manifest/compiler/index.ts";
import { describeRoutes } from "./routes/describe.ts";
import { formatTable } from "./routes/table.ts";

const { values } = parseArgs({ options: { manifest: { type: "string" } } });
const { checked, findings } = await buildManifest(manifestPath(values.manifest));
if (findings.length > 0) {
  console.error(formatFindings(findings));
  process.exit(1);
}
console.log(formatTable(describeRoutes(checked)));
