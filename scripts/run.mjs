// node scripts/run.mjs SCRIPT …: runs scripts/SCRIPT.ts on whatever Node (>= 20) the machine has, after installing
// what is missing. Plain JavaScript, which an old Node reads too. wrangler's build command calls it directly, because
// the start of `npm run` would be a third of the time between an edit and its effect.
import { spawn } from "node:child_process";
import module from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import "./ensure-installed.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [, , name = "", ...rest] = process.argv;
const script = join(root, `scripts/${name}.ts`);

// Node runs TypeScript as it is since 22.18.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  module.enableCompileCache(join(root, "node_modules/.cache/node"));
  process.argv.splice(1, 2, script);
  await import(pathToFileURL(script).href);
} else {
  const node = join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
  const self = fileURLToPath(import.meta.url);
  const child = spawn(node, [self, name, ...rest], { stdio: "inherit" });
  child.on("exit", (status, signal) => process.exit(status ?? (signal === "SIGINT" ? 130 : 1)));
  // A terminal sends Ctrl-C to both.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
}
