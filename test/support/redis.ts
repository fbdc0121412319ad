import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { inCi } from "./in-ci.ts";

/** A Redis server of one's own. */
export interface RunningRedis {
  readonly port: number;
  stop(): Promise<void>;
}

/** Where `redis-server` is, on PATH or where Debian puts it; undefined on machines without it. */
export function findRedisServer(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"];
  const found = folders.map((folder) => join(folder, "redis-server")).find((path) => existsSync(path));
  return inCi(found, "redis-server");
}

/** Starts a Redis without persistence on a free loopback port, and waits until it answers. */
export async function startRedis(binary: string): Promise<RunningRedis> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), "redis-"));
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    dir,
  ];
  const server = spawn(binary, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let log = "";
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`redis-server stopped at once:\n${log}`)));
    server.stdout.on("data", (chunk) => {
      log += String(chunk);
      if (log.includes("Ready to accept connections")) resolve();
    });
  });
  return {
    port,
    async stop() {
      server.kill("SIGTERM");
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
