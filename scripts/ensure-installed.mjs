// Runs before every npm script, on whatever Node the machine has (>= 20): installs what is missing, once.
// Plain JavaScript without dependencies, because at this point nothing is installed.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const lockfile = new URL("../package-lock.json", import.meta.url);
const installed = new URL("../node_modules/.package-lock.json", import.meta.url);

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 20) {
  console.error(`Isogate needs Node 20 or newer; this is ${process.version}.`);
  process.exit(1);
}

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lockfile).mtimeMs) {
  console.error("Installing dependencies (npm ci) …");
  // EBADENGINE warnings are expected on Node < 22: scripts run on the `node` devDependency instead.
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}
