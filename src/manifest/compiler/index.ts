import { type CheckedManifest, checkManifest } from "./check.ts";
import { readWranglerConfig } from "./check-environment.ts";
import { type CompiledManifest, compileManifest } from "./compile.ts";
import type { Finding } from "./finding.ts";
import { loadManifest } from "./load.ts";

/** A manifest that was read, judged and compiled; usable only when `findings` is empty. */
export interface Build {
  readonly checked: CheckedManifest;
  readonly compiled: CompiledManifest;
  readonly findings: readonly Finding[];
}

/** Reads, checks and compiles a manifest. @param file path of the module whose default export is the gateway */
export async function buildManifest(file: string): Promise<Build> {
  const manifest = await loadManifest(file);
  const config = readWranglerConfig(file);
  const checked = checkManifest(manifest, config);
  const compiled = compileManifest(manifest, checked, config);
  const findings = [...checked.findings, ...compiled.findings];
  return { checked, compiled, findings };
}

export { type Finding, formatFindings } from "./finding.ts";
export { manifestPath, ROOT } from "./load.ts";
