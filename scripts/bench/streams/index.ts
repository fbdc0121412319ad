// npm run bench -- streams [--rounds N --seconds S --only download,upload,talk]
//
// What it costs to pass on what is large or lasts, beside Workers that are written by hand.
//
//   download   an answer of 1 GB with a length
//   upload     a body of 100 MB with a length
//   talk       messages of 64 bytes that an origin sends back: 16 WebSockets, one message on its way on each
//
// - Every subject is a workerd process of its own. Rounds are interleaved, and in each every subject has one turn; a
//   round before them is not counted. Client and origin are two Node processes that share a core (../processes.ts).
// - CPU is that of the workerd process over all its threads; memory is by how much its resident set grew at most in a
//   round, and the table has the worst round. Both are read from /proc: Linux only.
// - Ratios are taken within each round, to the Worker by hand that does the same work; medians with a 95 % interval.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machine } from "../machine.ts";
import { ask, placement, startModule } from "../processes.ts";
import { freePort, startWorkerd } from "../workerd.ts";
import { type MeasureOptions, measure, type Running } from "./measure.ts";
import type { OriginReport } from "./origin.ts";
import { bodyTable, talkTable } from "./report.ts";
import { SETS, type Subject, type Work } from "./subjects.ts";

const WORKS = Object.keys(SETS) as Work[];
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    seconds: { type: "string", default: "2" },
    only: { type: "string", default: WORKS.join(",") },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const chosen = values.only.split(",");
if (!(Number.isInteger(rounds) && rounds > 0)) fail("--rounds must be a whole number above 0");
if (!(seconds > 0)) fail("--seconds must be a number above 0");
if (chosen.some((work) => !WORKS.includes(work as Work))) fail(`--only takes ${WORKS.join(", ")}`);

const pinned = placement();
const folder = mkdtempSync(join(tmpdir(), "isogate-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const options: MeasureOptions = { rounds, seconds, progress: (text) => console.error(text) };

try {
  const { listening } = await ask<OriginReport>(
    startModule(new URL("origin.ts", import.meta.url), pinned?.clients),
  );
  const load = startModule(new URL("load.ts", import.meta.url), pinned?.clients);
  const { processor, cores, platform, node, workerd } = machine();
  console.log(
    `${processor}, ${cores} cores, ${platform}, Node ${node}, workerd ${workerd}; medians of ${rounds} rounds`,
  );
  for (const work of chosen as Work[]) {
    const subjects: Running[] = [];
    for (const [index, subject] of SETS[work].entries()) {
      subjects.push(await start(subject, join(folder, `${work}-${index}`), listening));
    }
    const results = await measure(load, work, subjects, options);
    const names = subjects.map(({ name }) => name);
    console.log(["", ...(work === "talk" ? talkTable : bodyTable)(work, names, results)].join("\n"));
  }
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function start(subject: Subject, directory: string, originPort: number): Promise<Running> {
  const { name, path } = subject;
  options.progress(`starting ${name}`);
  const port = await freePort();
  const { pid = 0 } = await startWorkerd(
    await subject.prepare(directory, port, originPort),
    port,
    pinned?.workerd,
  );
  return { name, path, port, pid };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
