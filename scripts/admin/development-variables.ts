import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ROOT } from "../../src/manifest/compiler/index.ts";

/** What .dev.vars says: the variables and secrets of a gateway on this machine. */
export function developmentVariables(): NodeJS.Dict<string> {
  const file = join(ROOT, ".dev.vars");
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}
