import type { ChildProcess } from "node:child_process";
import { cpuMicroseconds } from "../cpu-time.ts";
import { residentBytes } from "../memory.ts";
import { ask } from "../processes.ts";
import type { LoadCommand, LoadReport } from "./load.ts";
import { BYTES, type Work } from "./subjects.ts";

/** A Worker that is measured: where it listens, and its process. */
export interface Running {
  readonly name: string;
  readonly path: string;
  readonly port: number;
  readonly pid: number;
}

/** What a Worker did in one round. */
export interface Round {
  readonly seconds: number;
  /** Bytes, or messages there and back. */
  readonly amount: number;
  /** CPU time of the workerd process, in seconds. */
  readonly cpu: number;
  /** By how many bytes its memory grew at most. */
  readonly growth: number;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Of talk, for each Worker in a round. */
  readonly seconds: number;
  readonly progress: (text: string) => void;
}

const CONNECTIONS = 16;
const LOOK_EVERY_MS = 10;

/** Does the work with each Worker in turn, every second round in reverse order. @returns the rounds of each */
export async function measure(
  load: ChildProcess,
  work: Work,
  subjects: readonly Running[],
  { rounds, seconds, progress }: MeasureOptions,
): Promise<Round[][]> {
  const command = (subject: Running): LoadCommand => {
    const { port, path } = subject;
    if (work === "talk") return { port, path, talk: { connections: CONNECTIONS, seconds } };
    const body = { bytes: BYTES[work] };
    return work === "download" ? { port, path, download: body } : { port, path, upload: body };
  };
  const results = subjects.map((): Round[] => []);
  const order = [...subjects.keys()];
  // The first round finds code to compile and a heap to grow, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    progress(`${work}: round ${round} of ${rounds}`);
    for (const index of round % 2 ? order.toReversed() : order) {
      const subject = subjects[index]!;
      const done = await take(load, subject, command(subject));
      if (round > 0) results[index]!.push(done);
    }
  }
  return results;
}

async function take(load: ChildProcess, { name, pid }: Running, command: LoadCommand): Promise<Round> {
  const residentBefore = residentBytes(pid);
  const cpuBefore = cpuMicroseconds(pid);
  let peak = residentBefore;
  const look = () => {
    peak = Math.max(peak, residentBytes(pid));
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  const report = await ask<LoadReport>(load, command).finally(() => clearInterval(timer));
  look();
  const cpuAfter = cpuMicroseconds(pid);
  if ("failed" in report) throw new Error(`${name} failed: ${report.failed}`);
  if (cpuBefore === undefined || cpuAfter === undefined)
    throw new Error("there is no /proc to read CPU time from");
  return { ...report, cpu: (cpuAfter - cpuBefore) / 1e6, growth: peak - residentBefore };
}
