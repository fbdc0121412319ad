import { type ChildProcess, execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { AS_WRANGLER } from "../bundle.ts";
import { Connection } from "./http/http-exchange.ts";
import { startProcess } from "./processes.ts";

const COMPATIBILITY_DATE = "2026-10-01";
const START_TIMEOUT_MS = 10_000;

/** What the subjects run against. */
export interface Site {
  readonly originPort: number;
  readonly token: string;
  /** The issuer's public key, as JSON. */
  readonly jwk: string;
}

/** A port of this machine that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/**
 * Bundles a hand-written Worker as the gateway is (one minified ES module) with a configuration for bare workerd.
 * @param bindings text bindings
 * @param objects classes of Durable Objects, bound under their own names and kept on disk as the gateway's are
 * @returns the configuration's path
 */
export async function prepareWorker(
  source: string,
  directory: string,
  port: number,
  bindings: Readonly<Record<string, string>>,
  objects: readonly string[] = [],
): Promise<string> {
  const state = join(directory, "state");
  mkdirSync(state, { recursive: true });
  await esbuild.build({
    ...AS_WRANGLER,
    entryPoints: [source],
    outfile: join(directory, "worker.js"),
    logLevel: "error",
  });
  const bound = [
    ...Object.entries(bindings).map(
      ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
    ),
    ...objects.map((name) => `(name = "${name}", durableObjectNamespace = "${name}")`),
  ];
  const namespaces = objects.map(
    (name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`,
  );
  const config = join(directory, "config.capnp");
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "state", disk = (path = ${JSON.stringify(state)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [${bound.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "state"),
);
`,
  );
  return config;
}

/**
 * Serves a configuration on bare workerd; resolves once its port takes connections.
 * @param variables that the configuration reads from the environment
 */
export async function startWorkerd(
  config: string,
  port: number,
  core: number | undefined,
  variables: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const child = startProcess(workerdPackage().default, ["serve", config], { core, variables });
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(20)) {
    if (child.exitCode !== null) break;
    const connection = await Connection.open(port).catch(() => undefined);
    if (connection) {
      connection.close();
      return child;
    }
  }
  throw new Error(`workerd did not start with ${config}`);
}

/** The package's main export is the real binary; its command is a Node script, whose CPU time would be the wrong one. */
function workerdPackage(): { readonly default: string; readonly version: string } {
  return createRequire(import.meta.url)("workerd");
}

/** The version of workerd that is measured. */
export function workerdVersion(): string {
  return workerdPackage().version;
}

/** Runs the project's own build for a manifest. @param manifest its path. @returns the configuration's path. */
export function prepareGateway(
  manifest: string,
  directory: string,
  port: number,
  environment: Readonly<Record<string, string>> = {},
): string {
  const script = fileURLToPath(new URL("../build.ts", import.meta.url).href);
  execFileSync(process.execPath, [script, "--manifest", manifest, "--out", directory, "--port", `${port}`], {
    stdio: ["ignore", 2, "inherit"],
    env: { ...process.env, ...environment },
  });
  return join(directory, "config.capnp");
}
