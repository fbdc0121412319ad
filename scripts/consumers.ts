// npm run -s consumers -- COMMAND …: registers callers at a running gateway, gives them keys and takes these away, and
// moves all of them to another gateway. Exits 1 where the gateway refuses, 2 where the command has a mistake.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { developmentVariables } from "./admin/development-variables.ts";
import { readGateway, TOKEN_OR_SECRET } from "./admin/gateway.ts";
import { Misuse } from "./admin/misuse.ts";
import { readArguments } from "./consumers/arguments.ts";
import { AdminClient } from "./consumers/client.ts";
import { Failure } from "./consumers/failure.ts";

// Whoever reads has had enough.
process.stdout.on("error", () => process.exit(1));
process.exitCode = await run(process.argv.slice(2));

async function run(args: readonly string[]): Promise<number> {
  let unsure: string | undefined;
  try {
    const written = readArguments(args);
    if (typeof written === "string") {
      await print(written);
      return 0;
    }
    const gateway = readGateway(written.url, TOKEN_OR_SECRET, process.env, developmentVariables);
    const key = written.once ?? randomUUID();
    const api = new AdminClient(gateway, { fetch, wait, once: key });
    const hint = `It may have been done all the same. To go on: the same command with --once ${key}`;
    process.once("SIGINT", () => {
      if (api.isWriting) console.error(hint);
      process.exit(130);
    });
    try {
      await written.run({ api, now: Date.now(), print, tell: console.error, readFile });
    } finally {
      if (api.isWriting) unsure = hint;
    }
    return 0;
  } catch (error) {
    if (!(error instanceof Misuse) && !(error instanceof Failure)) throw error;
    console.error(error.message);
    if (unsure !== undefined) console.error(unsure);
    return error instanceof Misuse ? 2 : 1;
  }
}

async function print(text: string): Promise<void> {
  if (text !== "" && !process.stdout.write(`${text}\n`)) await once(process.stdout, "drain");
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Misuse(`The file cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
