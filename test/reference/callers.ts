// Callers' programs on the pages, run as their readers would run them.
import { spawn, spawnSync } from "node:child_process";
import type { Fence } from "../../scripts/reference/fences.ts";
import { ROOT } from "../../src/manifest/compiler/index.ts";
import { inCi } from "../support/in-ci.ts";

/** How long a program may take. */
const PATIENCE_MS = 20_000;
const COMMANDS = {
  ts: [process.execPath, "--input-type=module-typescript", "-"],
  sh: ["bash", "-euo", "pipefail", "-s"],
} as const;

/** Whether this machine has what shell programs on the pages use: in CI it must. */
export function hasShellTools(): boolean {
  const told = spawnSync("bash", ["-c", "curl --version && openssl version"], { encoding: "utf8" }).stdout;
  return inCi(/^OpenSSL 3\./m.exec(told ?? "") ?? undefined, "bash with curl and OpenSSL 3") !== undefined;
}

/**
 * Runs a program, which is given to Node or bash on its standard input.
 * @param variables its environment, and nothing else of the machine's but its `PATH`
 * @returns what it prints, with what it complains of and how it ends where that is not well
 */
export function runCaller(
  { language, text }: Pick<Fence, "language" | "text">,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const [command, ...args] = COMMANDS[language as keyof typeof COMMANDS];
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, ...variables };
    const child = spawn(command, args, { cwd: ROOT, env, timeout: PATIENCE_MS });
    let printed = "";
    let complaints = "";
    child.stdout.on("data", (bytes) => {
      printed += bytes;
    });
    child.stderr.on("data", (bytes) => {
      complaints += bytes;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve(code === 0 ? printed.trimEnd() : `${printed}${complaints}ended with ${code ?? signal}`);
    });
    child.stdin.end(text);
  });
}
