import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url).href);

/** Size of the Worker's code. */
export interface BundleSize {
  readonly bytes: number;
  readonly gzip: number;
}

/** Bundles the sample gateway as `wrangler deploy` would, uploads nothing; undefined where it cannot. */
export function bundleSize(progress: (text: string) => void): BundleSize | undefined {
  if (!existsSync(join(ROOT, "wrangler.toml"))) return undefined;
  progress("bundling the sample gateway");
  const out = mkdtempSync(join(tmpdir(), "isogate-bundle-"));
  try {
    const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
    execFileSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", out], {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    });
    const code = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".js"),
    );
    const files = code.map((name) => readFileSync(join(out, name)));
    const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
    return {
      bytes: sum(files.map((file) => file.length)),
      gzip: sum(files.map((file) => gzipSync(file, { level: 9 }).length)),
    };
  } catch (error) {
    progress(
      `the bundle's size is left out: ${error instanceof Error ? error.message.slice(0, 500) : error}`,
    );
    return undefined;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
