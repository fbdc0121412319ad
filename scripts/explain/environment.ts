import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseToml } from "smol-toml";
import type { Replacements } from "../../src/explain/redact.ts";
import { ROOT } from "../../src/manifest/compiler/index.ts";
import { developmentVariables } from "../admin/development-variables.ts";

/** The environment of an explained gateway. */
export interface ExplainedEnvironment {
  readonly env: Readonly<Record<string, unknown>>;
  /** Names that have no value here. */
  readonly unset: readonly string[];
  /** What stands for an unset value in the gateway, and what is shown in its place. */
  readonly shown: Replacements;
}

/**
 * The variables that a manifest names, as `wrangler dev` would take them: `.dev.vars` and `[vars]`, and before them
 * this process's own. What is not set anywhere is stood for by a URL that leads nowhere.
 */
export function explainedEnvironment(
  names: readonly string[],
  services: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
): ExplainedEnvironment {
  const known: Readonly<Record<string, unknown>> = {
    ...wranglerVariables(),
    ...developmentVariables(),
    ...own,
  };
  const env: Record<string, unknown> = {};
  const shown: Array<readonly [string, string]> = [];
  for (const name of names) {
    const value = known[name];
    if (typeof value === "string" && value !== "") {
      env[name] = value;
      continue;
    }
    const standIn = `https://unset-${shown.length}.isogate.invalid`;
    env[name] = standIn;
    shown.push([standIn, `{${name}}`]);
  }
  // Only that they are there matters: what is sent to them is answered in their place.
  for (const name of services) env[name] = { fetch: () => Promise.reject(new Error("offline")) };
  return { env, unset: shown.map(([, name]) => name.slice(1, -1)), shown };
}

function wranglerVariables(): Readonly<Record<string, unknown>> {
  const { vars = {} } = parseToml(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  return vars as Readonly<Record<string, unknown>>;
}
