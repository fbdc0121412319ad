// npm run bench -- scale [--routes 10,100,1000,10000 --rounds N --only start,work --json]
//
// What a manifest's size costs. The manifests are generated: modules of fifty routes as teams have them (generate.ts).
//
//   start   until a workerd process of its own has given its first answer: CPU over all its threads, and memory. Beside
//           an empty Worker and the sample gateway; each is started anew in every round, one after the other.
//   work    what somebody waits for who edits it, in a copy of this project: `npm run check`, `tsc --noEmit`, and the
//           time from saving a route until `npm start` answers with the change.
//
// Medians of nine rounds. Needs Linux: CPU and memory are read from /proc.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machine } from "../machine.ts";
import { table } from "../table.ts";
import { measureWorking, type Working } from "./project.ts";
import { measureStartUp, type StartUp } from "./start-up.ts";

const PARTS = ["start", "work"];
const { values } = parseArgs({
  options: {
    routes: { type: "string", default: "10,100,1000,10000" },
    rounds: { type: "string", default: "9" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const sizes = values.routes.split(",").map(Number);
const rounds = Number(values.rounds);
const parts = values.only?.split(",") ?? PARTS;
if (sizes.some((size) => !(size > 0 && size % 10 === 0))) fail("--routes takes multiples of 10");
if (!(Number.isInteger(rounds) && rounds > 0)) fail("--rounds must be a whole number above 0");
if (parts.some((part) => !PARTS.includes(part))) fail(`--only takes ${PARTS.join(" and ")}`);

const folder = mkdtempSync(join(tmpdir(), "isogate-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const options = { folder, rounds, progress: (text: string) => console.error(text) };
const starts = parts.includes("start") ? await measureStartUp(sizes, options) : [];
const works: Working[] = [];
if (parts.includes("work")) for (const size of sizes) works.push(await measureWorking(size, options));

const report = { machine: machine(), rounds, starts, works };
console.log(values.json ? JSON.stringify(report, null, 2) : format(report));
process.exit(0);

function format({ machine, rounds, starts, works }: typeof report): string {
  const { processor, cores, platform, node, workerd } = machine;
  const lines = [
    `${processor}, ${cores} cores, ${platform}, Node ${node}, workerd ${workerd}; medians of ${rounds} rounds`,
  ];
  if (starts.length > 0) lines.push("", ...startTable(starts));
  if (works.length > 0) lines.push("", ...workTable(works));
  return lines.join("\n");
}

function startTable(starts: readonly StartUp[]): string[] {
  const empty = starts[0]!;
  const above = (value: number) => (value > 0 ? `+${value.toFixed(1)}` : value.toFixed(1));
  return table(
    ["Bundle", "KiB", "KiB gzip", "CPU ms to first answer", "over empty", "memory MB", "over empty"],
    starts.map(({ name, bytes, gzip, cpu, resident }) => [
      name,
      (bytes / 1_024).toFixed(1),
      (gzip / 1_024).toFixed(1),
      cpu.toFixed(1),
      above(cpu - empty.cpu),
      (resident / 1e6).toFixed(1),
      above((resident - empty.resident) / 1e6),
    ]),
  );
}

function workTable(works: readonly Working[]): string[] {
  return table(
    ["Routes", "check s", "tsc s", "edit to live s"],
    works.map(({ size, ...times }) => [
      String(size),
      ...[times.check, times.types, times.edit].map((time) => time.toFixed(2)),
    ]),
  );
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
