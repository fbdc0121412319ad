import { existsSync, mkdirSync, watch, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../../src/manifest/compiler/index.ts";

/** wrangler.toml watches this folder; nothing else is written there. */
const RELOAD = join(ROOT, ".isogate/reload");

/** Whether wrangler watches the file by itself (`watch_dir` in wrangler.toml). */
export function isWatched(file: string): boolean {
  return ["routes", "src"].some((folder) => !relative(join(ROOT, folder), file).startsWith(".."));
}

/** Lets wrangler build again whenever one of these files changes, or a module beside one. @param files absolute paths */
export function watchManifest(files: readonly string[]): void {
  const known = new Set(files);
  mkdirSync(RELOAD, { recursive: true });
  // A file that is named but missing may be in a folder that is missing too.
  for (const folder of new Set(files.map((file) => dirname(file)).filter((each) => existsSync(each)))) {
    watch(folder, (_event, name) => {
      if (name === null || !(known.has(join(folder, name)) || /\.[cm]?[jt]sx?$|\.json$/.test(name))) return;
      // Editors write a file in several steps: wrangler waits until there are no more.
      writeFileSync(join(RELOAD, "stamp"), `${Date.now()}\n`);
    });
  }
}
