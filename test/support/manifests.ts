import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Finding } from "../../src/manifest/compiler/finding.ts";
import type { Accessor } from "../../src/manifest/compiler/locate.ts";

const run = promisify(execFile);

/** A manifest's files by name; `index.ts` is the manifest itself. */
export type Files = Readonly<Record<string, string>>;

/** What the build made of a manifest. */
export interface Built {
  readonly findings: readonly Finding[];
  readonly hash: string;
  readonly values: readonly Accessor[];
  /** The generated entry; empty where there are findings. */
  readonly entry: string;
}

/** Folders of a test's own manifests, outside the repository as a stranger's are. */
export class ManifestFolders {
  readonly #made: string[] = [];

  /** Writes a manifest. @returns its folder */
  async write(files: Files): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "isogate-manifest-"));
    this.#made.push(folder);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return folder;
  }

  /** Writes and builds manifests, all in one process. */
  async build(...manifests: readonly Files[]): Promise<Built[]> {
    const folders = await Promise.all(manifests.map((files) => this.write(files)));
    return buildFiles(folders.map((folder) => join(folder, "index.ts")));
  }

  /** Removes all that was written. */
  async remove(): Promise<void> {
    await Promise.all(this.#made.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

/** Builds manifests, all in one process. */
export async function buildFiles(files: readonly string[]): Promise<Built[]> {
  const script = join(import.meta.dirname, "build-manifests.ts");
  const { stdout } = await run(process.execPath, [script, ...files], { maxBuffer: 64_000_000 });
  return JSON.parse(stdout) as Built[];
}
