// node test/scripts/explain-several.ts MANIFEST [ENVIRONMENT as JSON], a JSON list of command lines on its input: what
// `npm run explain` says to each, as a JSON list. A process of its own, because Vitest's module loader takes the place of Node's, which
// evaluates manifests; and one for all, because time and randomness are to stand still.
import { text } from "node:stream/consumers";
import { readCommand } from "../../scripts/explain/arguments.ts";
import { explainRequest } from "../../scripts/explain/explain-request.ts";
import { buildManifest, formatFindings } from "../../src/manifest/compiler/index.ts";

const [manifest = "", environment = '{"SET_ORIGIN":"https://set.example/base"}'] = process.argv.slice(2);
const build = await buildManifest(manifest);
if (build.findings.length > 0) throw new Error(formatFindings(build.findings));
const surroundings = {
  // 2026-11-20T00:00:00Z
  now: 1_795_132_800_000,
  random: (bytes: Uint8Array) => bytes.fill(7),
  environment: JSON.parse(environment) as Record<string, string>,
};
const said: string[] = [];
for (const args of JSON.parse(await text(process.stdin)) as string[][]) {
  const command = readCommand(args, surroundings.environment);
  said.push(
    typeof command === "string"
      ? command
      : await explainRequest(command, { ...build, manifest }, surroundings),
  );
}
console.log(JSON.stringify(said));
