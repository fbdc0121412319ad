import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse as parseToml } from "smol-toml";
import { type EnvReference, isEnvReference } from "../../env.ts";
import { suggest } from "../../schema/suggest.ts";
import { isUpstream } from "../../upstream/declare.ts";
import type { Findings } from "./finding.ts";
import { ROOT } from "./load.ts";

/** What wrangler.toml says that a manifest may lean on. */
export interface WranglerConfig {
  /** Undefined where wrangler.toml is not what the manifest is deployed with: its secrets are not judged then. */
  readonly requiredSecrets: readonly string[] | undefined;
  readonly services: readonly string[];
  /** Names of client certificates. */
  readonly certificates: readonly string[];
}

/**
 * Reads wrangler.toml. A manifest outside the repository is not what its wrangler.toml was written for, unless it
 * is being deployed with it.
 */
export function readWranglerConfig(manifest: string): WranglerConfig {
  const own = !relative(ROOT, manifest).startsWith("..") || process.env.WRANGLER_COMMAND === "deploy";
  const config = parseToml(readFileSync(join(ROOT, "wrangler.toml"), "utf8")) as {
    secrets?: { required?: string[] };
    services?: Array<{ binding: string }>;
    mtls_certificates?: Array<{ binding: string }>;
  };
  return {
    requiredSecrets: own ? (config.secrets?.required ?? []) : undefined,
    services: (config.services ?? []).map(({ binding }) => binding),
    certificates: (config.mtls_certificates ?? []).map(({ binding }) => binding),
  };
}

/** Checks that every secret used is one that a deployment cannot forget. An upstream's own are judged with it. */
export function checkSecrets(value: unknown, config: WranglerConfig, findings: Findings): void {
  const { requiredSecrets } = config;
  if (requiredSecrets === undefined) return;
  for (const { $env: name, secret } of envReferences(value)) {
    if (secret && !requiredSecrets.includes(name)) {
      findings.add(
        `the secret ${name} is not listed in wrangler.toml`,
        suggest(name, requiredSecrets) ?? `Add it to [secrets]: required = ["${name}"]`,
      );
    }
  }
}

function envReferences(value: unknown): EnvReference[] {
  if (isEnvReference(value)) return [value];
  if (typeof value !== "object" || value === null || isUpstream(value)) return [];
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return [];
  return Object.values(value).flatMap(envReferences);
}
