import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Served } from "../../e2e/served.ts";

/** A request as it is written on the command line. */
export type Request = readonly [method: string, target: string, ...fields: string[]];

export function argsOf([method, target, ...fields]: Request): string[] {
  return [method, target, ...fields.flatMap((field) => ["-H", field])];
}

/** What has the served gateway asked. */
export function liveArgs({ gateway }: Served): string[] {
  return ["--live", `http://127.0.0.1:${gateway.port}`];
}

/** The manifest with credentials of every kind, where it was built. */
export function explainedManifest({ built }: Served): string {
  return join(built.manifests, "explained.ts");
}

/** What `npm run explain` says to each command line: all in one process. */
export async function explain(
  served: Served,
  secrets: Readonly<Record<string, string>>,
  commands: ReadonlyArray<readonly string[]>,
): Promise<string[]> {
  const script = join(import.meta.dirname, "../explain-several.ts");
  const environment = JSON.stringify({ ...secrets, ORIGIN: served.origin.url });
  const args = [script, explainedManifest(served), environment];
  const run = promisify(execFile)(process.execPath, args, { maxBuffer: 64_000_000 });
  run.child.stdin?.end(JSON.stringify(commands));
  return JSON.parse((await run).stdout) as string[];
}

/** Without the lines that a text is broken into. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
