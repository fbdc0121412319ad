import type { ChildProcess } from "node:child_process";
import { cpuMicroseconds } from "../cpu-time.ts";
import { ask } from "../processes.ts";
import { quantile } from "../statistics.ts";
import type { LoadCommand, LoadReport } from "./load.ts";

/** A Worker under load: where it listens, its process, and the requests that it is sent in turns. */
export interface Running {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly requests: readonly string[];
  readonly connections: number;
}

/** What one subject did in one round. */
export interface Round {
  readonly requestsPerSecond: number;
  /** CPU time of the workerd process per request in µs; undefined where the system tells none. */
  readonly cpu: number | undefined;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

interface MeasureOptions {
  readonly rounds: number;
  /** How long each subject is under load in a round. */
  readonly seconds: number;
  readonly progress: (text: string) => void;
}

/**
 * A subject's time in a round comes in so many turns, all subjects taking turns. A busy host changes its speed
 * from second to second: short turns give the subjects of a round the same share of good and bad moments.
 */
const TURNS = 10;

interface Turn {
  readonly seconds: number;
  readonly cpu: number | undefined;
  readonly latencies: readonly number[];
}

/**
 * Measures the subjects in rounds, interleaved. Every second turn runs in reverse order, so that a place in the
 * order favours nobody. @returns the rounds of each subject, by name.
 */
export async function measure(
  load: ChildProcess,
  subjects: readonly Running[],
  { rounds, seconds, progress }: MeasureOptions,
): Promise<Map<string, Round[]>> {
  const results = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]));
  for (const subject of subjects) {
    const { port, requests } = subject;
    await command(load, subject, { learn: { port, requests } });
  }
  progress("warming up");
  // Twice: the second pass finds every Worker compiled and the machine's caches filled.
  for (const subject of [...subjects, ...subjects]) await takeTurn(load, subject, seconds);
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`);
    const turns = new Map<string, Turn[]>(subjects.map(({ name }) => [name, []]));
    for (let number = 0; number < TURNS; number++) {
      for (const subject of number % 2 ? subjects.toReversed() : subjects) {
        turns.get(subject.name)?.push(await takeTurn(load, subject, seconds / TURNS));
      }
    }
    for (const [name, taken] of turns) results.get(name)?.push(summarise(taken));
  }
  return results;
}

async function takeTurn(load: ChildProcess, subject: Running, seconds: number): Promise<Turn> {
  const { port, connections, pid } = subject;
  await command(load, subject, { open: { port, connections } });
  const before = cpuMicroseconds(pid);
  const report = await command(load, subject, { run: { seconds } });
  const after = cpuMicroseconds(pid);
  if (!("measured" in report)) throw new Error("the load generator lost its place");
  const cpu = before === undefined || after === undefined ? undefined : after - before;
  return { ...report.measured, cpu };
}

async function command(load: ChildProcess, subject: Running, message: LoadCommand): Promise<LoadReport> {
  const report = await ask<LoadReport>(load, message);
  if ("failed" in report) throw new Error(`${subject.name} failed under load: ${report.failed}`);
  return report;
}

function summarise(turns: readonly Turn[]): Round {
  const latencies = Float64Array.from(turns.flatMap((turn) => turn.latencies)).sort();
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const cpu = turns.flatMap((turn) => turn.cpu ?? []);
  return {
    requestsPerSecond: latencies.length / sum(turns.map((turn) => turn.seconds)),
    cpu: cpu.length === turns.length ? sum(cpu) / latencies.length : undefined,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}
