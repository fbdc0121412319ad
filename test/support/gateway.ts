import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import type { AccessRecord } from "../../src/observe/record.ts";

const ROOT = join(import.meta.dirname, "../..");
const MANIFESTS = join(import.meta.dirname, "../e2e/manifests");
/** The package's main export is the binary itself. */
const WORKERD = (createRequire(import.meta.url)("workerd") as { readonly default: string }).default;
/** How long a test waits for what must come. */
const PATIENCE_MS = 8_000;

type Variables = Readonly<Record<string, string>>;

/** A manifest that was built the way its user builds it. */
export interface BuiltGateway {
  /** A folder of its own, outside the repository. */
  readonly directory: string;
  /** The folder with the copied manifests. */
  readonly manifests: string;
  /** The manifest's fingerprint. */
  readonly hash: string;
}

/** One line of the access log. */
export interface LogLine {
  readonly id: string;
  readonly trace: string;
  readonly route: string;
  readonly status: number;
  readonly path: string;
  readonly ms: number;
  readonly code?: string;
  readonly fault?: string;
  readonly cause?: string;
  readonly cache?: string;
  readonly upstreams?: ReadonlyArray<{
    readonly upstream: string;
    readonly status: number;
    readonly ms: number;
  }>;
  readonly bytes?: number;
  readonly websocket?: AccessRecord["websocket"];
  readonly notes?: readonly string[];
  readonly reported?: AccessRecord["reported"];
  readonly children?: readonly LogLine[];
  readonly identity?: string;
  readonly key?: string;
}

/** A gateway that is being served. */
export interface ServedGateway {
  readonly port: number;
  /** workerd's process id. */
  readonly pid: number;
  /** The folder that its Durable Objects are kept in. */
  readonly state: string;
  /** Everything on the standard output so far. */
  output(): string;
  /** All access-log lines so far. */
  lines(): readonly LogLine[];
  /** Waits for the access-log line of a request. */
  line(requestId: string | undefined): Promise<LogLine>;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** Gateways that are being served: none outlives the tests, however these end. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Builds a manifest of test/e2e/manifests as a stranger would: from a folder of their own, with the public command.
 * @param variables environment of the build, which a manifest may read.
 * @param more arguments of the build
 */
export async function buildGateway(
  manifest: string,
  variables: Variables = {},
  more: readonly string[] = [],
): Promise<BuiltGateway> {
  const directory = await mkdtemp(join(tmpdir(), "isogate-e2e-"));
  const manifests = join(directory, "manifests");
  await cp(MANIFESTS, manifests, { recursive: true });
  return { directory, manifests, hash: await build(directory, join(manifests, manifest), variables, more) };
}

/** Builds again what may have changed since. */
export async function rebuild(
  { directory, manifests }: BuiltGateway,
  manifest: string,
): Promise<BuiltGateway> {
  return { directory, manifests, hash: await build(directory, join(manifests, manifest), {}) };
}

async function build(
  directory: string,
  manifest: string,
  variables: Variables,
  more: readonly string[] = [],
): Promise<string> {
  const args = [
    join(ROOT, "scripts/build.ts"),
    "--manifest",
    manifest,
    "--out",
    join(directory, "out"),
    "--port",
    "0",
    ...more,
  ];
  await run(process.execPath, args, { cwd: directory, env: { ...process.env, ...variables } });
  const entry = await readFile(join(directory, "out/entry.ts"), "utf8");
  return /hash: "([0-9a-f]+)"/.exec(entry)?.[1] ?? "";
}

/**
 * Serves a built gateway on bare workerd, with counters of its own.
 * @param variables its environment
 * @param before has ended, and leaves its Durable Objects to this one
 */
export async function serveGateway(
  { directory }: BuiltGateway,
  variables: Variables = {},
  before?: ServedGateway,
): Promise<ServedGateway> {
  const state = before?.state ?? (await mkdtemp(join(directory, "state-")));
  const args = [
    "serve",
    join(directory, "out/config.capnp"),
    "--control-fd=3",
    `--directory-path=state=${state}`,
  ];
  // Nothing of the machine's own environment: only what the test names.
  const child = spawn(WORKERD, args, { stdio: ["ignore", "pipe", "pipe", "pipe"], env: variables });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const log = new OutputLog(child);
  const port = await listening(child, log);
  return {
    port,
    pid: child.pid!,
    state,
    output: () => log.text,
    lines: () => log.lines,
    line: (requestId) => log.line(requestId),
    stop: () => stop(child),
  };
}

/** Removes what {@link buildGateway} made. */
export function removeGateway({ directory }: BuiltGateway): Promise<void> {
  return rm(directory, { recursive: true, force: true });
}

/** workerd's standard output, line by line. */
class OutputLog {
  text = "";
  readonly lines: LogLine[] = [];
  /** What it said beside: its own complaints. */
  errors = "";
  #rest = "";
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    child.stderr?.on("data", (bytes) => {
      this.errors += String(bytes);
    });
    child.stdout?.on("data", (bytes) => {
      this.text += String(bytes);
      const parts = (this.#rest + String(bytes)).split("\n");
      this.#rest = parts.pop() ?? "";
      for (const part of parts) if (part.startsWith("{")) this.lines.push(JSON.parse(part) as LogLine);
      for (const check of this.#waiting) check();
    });
  }

  line(id: string | undefined): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const line = this.lines.find((each) => each.id === id);
        if (line === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(line);
      };
      const timer = setTimeout(
        () => reject(new Error(`no log line of ${id}; the end of the log:\n${this.text.slice(-2_000)}`)),
        PATIENCE_MS,
      );
      this.#waiting.add(check);
      check();
    });
  }
}

/** workerd tells the port that it was given on its control pipe. */
function listening(child: ChildProcess, log: OutputLog): Promise<number> {
  return new Promise((resolve, reject) => {
    let told = "";
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code}:\n${log.errors}`)));
    (child.stdio[3] as Readable).on("data", (bytes) => {
      told += String(bytes);
      const port = /"event":"listen","socket":"http","port":(\d+)/.exec(told)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    // At once: workerd would wait for connections that a test has left open.
    child.kill("SIGKILL");
  });
}
