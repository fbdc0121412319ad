import { type CheckedManifest, checkManifest } from "../../../src/manifest/compiler/check.ts";
import type { WranglerConfig } from "../../../src/manifest/compiler/check-environment.ts";
import { type CompiledManifest, compileManifest } from "../../../src/manifest/compiler/compile.ts";
import type { Finding } from "../../../src/manifest/compiler/finding.ts";
import type { LoadedManifest } from "../../../src/manifest/compiler/load.ts";
import type { GatewayDeclaration } from "../../../src/manifest/define.ts";

/** What the tests' manifests are deployed with. */
export const CONFIG: WranglerConfig = {
  requiredSecrets: ["SESSION_SECRET"],
  services: ["BILLING"],
  certificates: ["BANK_CERT"],
};

/** A manifest as it stands in memory once its modules are evaluated: whatever, typed or not. */
export function manifestOf(
  gateway: unknown,
  exports: Readonly<Record<string, unknown>> = {},
): LoadedManifest {
  // A file that is there: the fingerprint holds its text.
  const file = import.meta.filename;
  const modules = [{ file, name: "index.ts", exports: { default: gateway, ...exports } }];
  return { file, gateway: gateway as GatewayDeclaration, modules, findings: [] };
}

/** Judges and compiles, as the build does once a manifest is loaded. */
export function build(
  manifest: LoadedManifest,
  config = CONFIG,
): { checked: CheckedManifest; compiled: CompiledManifest; findings: Finding[] } {
  const checked = checkManifest(manifest, config);
  const compiled = compileManifest(manifest, checked, config);
  return { checked, compiled, findings: [...checked.findings, ...compiled.findings] };
}

/** Everything that is wrong with a gateway's options, one line each: `path: reason [suggestion]`. */
export function mistakes(options: unknown, exports?: Readonly<Record<string, unknown>>): string[] {
  return build(manifestOf({ kind: "gateway", options }, exports)).findings.map(asLine);
}

/** What is wrong with these routes of one group. */
export function mistakesIn(routes: unknown, group: unknown = {}): string[] {
  return mistakes({ routes: [{ kind: "routes", group, routes }] });
}

export function asLine({ path, reason, suggestion }: Finding): string {
  return `${path}: ${reason}${suggestion === undefined ? "" : ` [${suggestion}]`}`;
}
