// npm run explain -- METHOD PATH-OR-URL [-H 'Name: value']…: which route a request meets and why not the others, what
// each phase decides, and what the origin is sent. Exits 1 where the manifest has mistakes, 2 where the command has.
import { buildManifest, formatFindings, manifestPath } from "../src/manifest/compiler/index.ts";
import { developmentVariables } from "./admin/development-variables.ts";
import { readCommand, USAGE } from "./explain/arguments.ts";
import { explainRequest } from "./explain/explain-request.ts";
import { LiveError } from "./explain/live.ts";
import { UnsendableError } from "./explain/offline.ts";

const command = readCommand(process.argv.slice(2), process.env, developmentVariables);
if (typeof command === "string") {
  console.error(`${command}\n\n${USAGE}`);
  process.exit(2);
}
const manifest = manifestPath(command.manifest);
const build = await buildManifest(manifest);
if (build.findings.length > 0) {
  console.error(formatFindings(build.findings));
  process.exit(1);
}
try {
  const now = Date.now();
  const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
  console.log(
    await explainRequest(command, { ...build, manifest }, { now, random, environment: process.env }),
  );
} catch (error) {
  if (!(error instanceof LiveError) && !(error instanceof UnsendableError)) throw error;
  console.error(error.message);
  process.exit(error instanceof UnsendableError ? 2 : 1);
}
