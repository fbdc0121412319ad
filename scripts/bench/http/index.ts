// npm run bench [-- http --set S --rounds N --seconds S --only a,b --json]
//
// What the gateway costs, beside what one could do without it, on bare workerd: `wrangler dev` adds ten to twenty
// times a request's own cost and would hide all of it.
//
// - Every subject is a workerd process of its own, all started before the first round; one is under load at a time.
//   The yardsticks: `floor` only returns fetch(origin, request); `hand-plain` and `hand-full` are single-route
//   Workers written by hand with exactly the duties of the gateway's plain route and of its full one (JWT, identity,
//   rate limit); `hono` is Hono with its own middleware.
// - Load generator and origin are two Node processes of our own (raw sockets, kept alive), so nothing needs to be
//   installed. With two cores or more and `taskset`, workerd has one core, these two share another.
// - Sets of subjects: `road` (default), `features` (what each adds to the plain route), `routes` (the plain route among
//   10, 1,000 and 10,000), `credentials` (routes that only ask who calls); --only takes any subjects by name.
// - Rounds are interleaved: in each, every subject is under load for the given seconds, in ten turns that alternate
//   with the others' (measure.ts). What a busy host does to one it does to all.
// - The figure to steer by is CPU time of the workerd process per request, from /proc: the sum over its threads, so
//   garbage collection counts. Elsewhere than on Linux only requests a second are reported.
// - Ratios are taken within each round; medians over the rounds come with a 95 % bootstrap interval (seeded).
// - Before anything is measured every subject must keep its promises (verify.ts): status and body, 401 without a
//   token or key, the caller's identity at the origin, no spoofed fields. Under load any answer but 2xx ends the run.
// - The last line is the size of the sample gateway's bundle as deployed.
//
// The report goes to standard output, as Markdown tables or with --json as one object; progress to standard error.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ask, placement, startModule } from "../processes.ts";
import { ADMIN_SECRET } from "../registry.ts";
import { freePort, startWorkerd } from "../workerd.ts";
import { bundleSize } from "./bundle-size.ts";
import { requestBytes } from "./http-exchange.ts";
import { measure, type Running } from "./measure.ts";
import type { OriginReport } from "./origin.ts";
import { proofFor } from "./proof.ts";
import { formatReport, makeReport } from "./report.ts";
import { CONNECTIONS, measuredHeaders, SETS } from "./subjects.ts";
import { issueToken } from "./token.ts";
import { verify } from "./verify.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "25" },
    seconds: { type: "string", default: "1" },
    set: { type: "string", default: "road" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const rounds = positive("rounds", values.rounds);
const seconds = positive("seconds", values.seconds);
const chosen = choose(values.set, values.only);
const progress = (text: string) => console.error(text);

const pinned = placement();
const directory = mkdtempSync(join(tmpdir(), "isogate-bench-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

try {
  console.log(await run());
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function run(): Promise<string> {
  const origin = startModule(new URL("origin.ts", import.meta.url), pinned?.clients);
  const listening = await ask<OriginReport>(origin);
  if (!("listening" in listening)) throw new Error("the origin did not start");
  const { token, jwk } = issueToken();
  const site = { originPort: listening.listening, token, jwk: JSON.stringify(jwk) };

  const running: Running[] = [];
  for (const subject of chosen) {
    progress(`starting ${subject.name}`);
    const port = await freePort();
    const config = await subject.prepare(join(directory, subject.name), port, site);
    const variables = { ISOGATE_ADMIN_SECRET: ADMIN_SECRET };
    const { pid = 0 } = await startWorkerd(config, port, pinned?.workerd, variables);
    const proof = await proofFor(subject, port, token);
    await verify(subject, port, proof, origin);
    const { path } = subject.promises;
    const requests = proof.callers.map((caller) => requestBytes(port, path, measuredHeaders(caller)));
    const { name, connections = CONNECTIONS } = subject;
    running.push({ name, port, pid, requests, connections });
  }

  const results = await measure(startModule(new URL("load.ts", import.meta.url), pinned?.clients), running, {
    rounds,
    seconds,
    progress,
  });
  const bundle = bundleSize(progress);
  const report = makeReport({ rounds, seconds, pinned, results, bundle });
  return values.json ? JSON.stringify(report, null, 2) : formatReport(report);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) fail(`--${name} must be a number above 0`);
  return value;
}

function choose(set: string, only: string | undefined) {
  if (!Object.hasOwn(SETS, set)) fail(`there is no set ${set}; there are ${Object.keys(SETS).join(", ")}`);
  const subjects = only === undefined ? SETS[set as keyof typeof SETS] : Object.values(SETS).flat();
  if (only === undefined) return subjects;
  const names = only.split(",");
  const unknown = names.filter((name) => !subjects.some((subject) => subject.name === name));
  const known = [...new Set(subjects.map(({ name }) => name))].join(", ");
  if (unknown.length > 0) fail(`there is no subject ${unknown.join(", ")}; there are ${known}`);
  return names.map((name) => subjects.find((subject) => subject.name === name)!);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
