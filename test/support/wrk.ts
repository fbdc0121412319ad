import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { inCi } from "./in-ci.ts";

/** Where `wrk` is, on PATH or where Debian puts it; undefined on machines without it. */
export function findWrk(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"];
  const found = folders.map((folder) => join(folder, "wrk")).find((path) => existsSync(path));
  return inCi(found, "wrk");
}

/** Has `wrk` send as many requests as are answered, for some seconds, over eight connections. */
export async function load(wrk: string, url: string, seconds: number): Promise<void> {
  await promisify(execFile)(wrk, ["-t1", "-c8", `-d${seconds}s`, url]);
}
