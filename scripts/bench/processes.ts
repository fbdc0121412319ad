import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** Which cores the parts of the benchmark run on; undefined where they cannot be pinned. */
export interface Placement {
  readonly workerd: number;
  readonly clients: number;
}

/** workerd has the last core to itself, load generator and origin share the one before; undefined where that fails. */
export function placement(): Placement | undefined {
  const cores = cpus().length;
  const canPin = (core: number) => spawnSync("taskset", ["-c", `${core}`, "true"]).status === 0;
  if (cores < 2 || !canPin(cores - 1) || !canPin(cores - 2)) return undefined;
  return { workerd: cores - 1, clients: cores - 2 };
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

interface StartOptions {
  readonly core: number | undefined;
  /** With a message channel, as `fork` makes one. */
  readonly messages?: boolean;
  readonly cwd?: string;
  /** What it sees of an environment beside the way to programs. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Starts a program on the given core; it ends with this process. Its standard output is dropped. It sees nothing of
 * the machine's environment: a variable such as an Upstash token would change what is measured.
 */
export function startProcess(command: string, args: readonly string[], options: StartOptions): ChildProcess {
  const pinned =
    options.core === undefined ? [command, ...args] : ["taskset", "-c", `${options.core}`, command, ...args];
  const [program = command, ...rest] = pinned;
  const child = spawn(program, rest, {
    env: { PATH: process.env.PATH, ...options.variables },
    cwd: options.cwd,
    stdio: ["ignore", "ignore", "inherit", ...(options.messages ? (["ipc"] as const) : [])],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Ends a process, with what it has started itself where it sees to that, and waits until it is gone. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

/** Starts a TypeScript module in a Node of its own. */
export function startModule(module: URL, core: number | undefined): ChildProcess {
  return startProcess(process.execPath, [fileURLToPath(module.href)], { core, messages: true });
}

/** Sends a message where there is one to send, and resolves with the next that comes back. */
export function ask<Report>(child: ChildProcess, command?: unknown): Promise<Report> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error("the load generator or the origin has ended"));
    if (child.exitCode !== null) gone();
    child.once("exit", gone);
    child.once("message", (report) => {
      child.off("exit", gone);
      resolve(report as Report);
    });
    if (command !== undefined) child.send(command as never);
  });
}
