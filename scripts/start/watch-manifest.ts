import { mkdirSync, watch, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../../src/manifest/compiler/index.ts";

/** wrangler.toml watches this folder; nothing else is written there. */
const RELOAD = join(ROOT, ".isogate/reload");

/** Whether wrangler watches the file by itself (`watch_dir` in wrangler.toml). */
export function isWatched(file: string): boolean {
  return ["routes", "src"].some((folder) => !relative(join(ROOT, folder), file).startsWith(".."));
}

/** Lets wrangler build again whenever something beside one of these files changes. @param files absolute paths */
export function watchManifest(files: readonly string[]): void {
  mkdirSync(RELOAD, { recursive: true });
  let pending: NodeJS.Timeout | undefined;
  for (const folder of new Set(files.map((file) => dirname(file)))) {
    watch(folder, (_event, name) => {
      if (name === null || !/\.[cm]?[jt]sx?$|\.json$/.test(name)) return;
      clearTimeout(pending);
      // Editors write a file in several steps.
      pending = setTimeout(() => writeFileSync(join(RELOAD, "stamp"), `${Date.now()}\n`), 50);
    });
  }
}
