import { type ChildProcess, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../../../src/manifest/compiler/index.ts";
import { startProcess, stopProcess } from "../processes.ts";
import { median } from "../statistics.ts";
import { freePort } from "../workerd.ts";
import { type GeneratedManifest, writeManifest, writeProbe } from "./generate.ts";

/** What working on a manifest takes, in seconds of the clock; medians. */
export interface Working {
  readonly size: number;
  /** `npm run check`. */
  readonly check: number;
  /** `tsc --noEmit` over the manifest and all that it imports. */
  readonly types: number;
  /** From the edit of a route to its answer by `npm start`. */
  readonly edit: number;
}

/** What a team's repository has: all but the routes are the project's own. */
const COPIED = ["src", "scripts", "package.json", "tsconfig.json", "wrangler.toml"];
/** Time for wrangler to come to rest, as between the edits of a person. */
const PAUSE_MS = 500;
const PATIENCE_MS = 120_000;

/** Works on a repository with a generated manifest of so many routes. */
export async function measureWorking(
  size: number,
  { folder, rounds, progress }: { folder: string; rounds: number; progress: (text: string) => void },
): Promise<Working> {
  const project = join(folder, `project-${size}`);
  mkdirSync(project);
  for (const name of COPIED) cpSync(join(ROOT, name), join(project, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"), "junction");
  const manifest = writeManifest(join(project, "routes"), size);
  writeFileSync(
    join(project, "tsconfig.routes.json"),
    `{"extends":"./tsconfig.json","include":["routes"]}\n`,
  );
  const timed = (name: string, args: readonly string[]) => {
    progress(`${size} routes: ${name}`);
    return median(Array.from({ length: rounds }, () => seconds(project, args)));
  };
  try {
    return {
      size,
      check: timed("check", ["scripts/run.mjs", "check"]),
      types: timed("types", ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.routes.json"]),
      edit: await editToLive(project, manifest, rounds, progress),
    };
  } finally {
    rmSync(project, { recursive: true });
  }
}

function seconds(cwd: string, args: readonly string[]): number {
  const start = performance.now();
  execFileSync(process.execPath, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  return (performance.now() - start) / 1_000;
}

async function editToLive(
  project: string,
  manifest: GeneratedManifest,
  rounds: number,
  progress: (text: string) => void,
): Promise<number> {
  const port = await freePort();
  const args = ["scripts/run.mjs", "start", "--port", String(port)];
  const gateway = startProcess(process.execPath, args, { core: undefined, cwd: project });
  const answers = (text: string) => until(gateway, async () => (await probe(port, manifest.probe)) === text);
  try {
    await answers("first");
    const times: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      progress(`edit ${round} of ${rounds}`);
      await sleep(PAUSE_MS);
      const start = performance.now();
      writeProbe(manifest, `edit ${round}`);
      await answers(`edit ${round}`);
      times.push((performance.now() - start) / 1_000);
    }
    return median(times);
  } finally {
    await stopProcess(gateway);
  }
}

async function until(process: ChildProcess, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await isSo()); await sleep(10)) {
    if (process.exitCode !== null) throw new Error("npm start has ended");
    if (Date.now() > end) throw new Error("npm start did not answer in time");
  }
}

/** What is answered; undefined where nothing is: the gateway is starting. */
async function probe(port: number, path: string): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) });
    return await response.text();
  } catch {
    return undefined;
  }
}
