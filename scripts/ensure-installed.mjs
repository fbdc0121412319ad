// Installs what is missing, once, on whatever Node the machine has (>= 20). Plain JavaScript without dependencies,
// because at this point nothing may be installed.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 20) {
  console.error(`Isogate needs Node 20 or newer; this is ${process.version}.`);
  process.exit(1);
}

const changed = (path) => statSync(new URL(path, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changed("../node_modules/.package-lock.json") < changed("../package-lock.json")) {
  console.error("Installing dependencies (npm ci) …");
  // Warnings about engines are expected on Node < 22: scripts run on the `node` devDependency instead.
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    // npm's own words are not the build's: standard output stays the script's.
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}
