// npm run bench -- timing [--requests N --seed N --only first,again,cold]
//
// What can be told of keys by the time that an answer takes, on bare workerd: one request at a time over a kept-alive
// socket, so that a median is as sharp as it can be for somebody on the same machine.
//
//   first   keys that are refused and come for the first time: unknown, revoked, expired, and such as only have a right
//           checksum. Every key is another one, so each time the registry is asked.
//   again   the same with ten keys of each kind, again and again, as they are remembered for five seconds
//   cold    keys that the isolate does not know, in registries of 10 and of 10,000 consumers; a tenth of the requests
//
// - Kinds take turns, in another order each time (seeded). Two more show what the method can see: unknown keys once more,
//   which must not differ, and keys with a wrong checksum, which nobody is asked about.
// - Answers are compared whole: status, all fields in their order, body. Only the request's own ids are left out.
// - Differences of medians have intervals from a bootstrap of blocks of turns. They are as wide as it takes for all of
//   them together to be right in nineteen runs of twenty: "told apart" is one that does not reach zero.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine } from "../machine.ts";
import { placement, startModule } from "../processes.ts";
import { ADMIN_SECRET, fillRegistry, type RegistrySize } from "../registry.ts";
import { freePort, prepareGateway, startWorkerd } from "../workerd.ts";
import { timeColdLookUps } from "./cold.ts";
import { timeRefusals, turnsOf } from "./refused.ts";

const PARTS = ["first", "again", "cold"];
const FEW = 10;
const MANY = 10_000;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: PARTS.join(",") },
  },
});
const requests = Number(values.requests);
const seed = Number(values.seed);
const chosen = values.only.split(",");
if (!(Number.isInteger(requests) && requests >= 100)) fail("--requests must be a whole number from 100 on");
if (!Number.isInteger(seed)) fail("--seed must be a whole number");
if (chosen.some((part) => !PARTS.includes(part))) fail(`--only takes ${PARTS.join(", ")}`);

const pinned = placement();
const folder = mkdtempSync(join(tmpdir(), "isogate-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const progress = (text: string) => console.error(text);

try {
  const { processor, cores, platform, node, workerd } = machine();
  const where = pinned ? `workerd on core ${pinned.workerd}, client on core ${pinned.clients}` : "not pinned";
  console.log(
    `${processor}, ${cores} cores (${where}), ${platform}, Node ${node}, workerd ${workerd}; seed ${seed}`,
  );
  const load = startModule(new URL("load.ts", import.meta.url), pinned?.clients);
  if (chosen.includes("first") || chosen.includes("again")) {
    const turns = turnsOf(requests);
    const { port, registered } = await start({ consumers: FEW, revoked: turns, expired: turns });
    for (const how of ["first", "again"] as const) {
      if (!chosen.includes(how)) continue;
      progress(`timing refusals: ${how}`);
      console.log(`\n${await timeRefusals(how, { port, load, requests, seed, registered })}`);
    }
  }
  if (chosen.includes("cold")) {
    const registries = [];
    for (const consumers of [FEW, MANY]) {
      const { port, registered } = await start({ consumers, isInUse: true });
      registries.push({ port, live: registered.live });
    }
    progress("timing look-ups");
    console.log(`\n${await timeColdLookUps(load, registries, Math.ceil(requests / 100) * 10, seed)}`);
  }
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function start(size: RegistrySize) {
  progress(`registering ${size.consumers} consumers`);
  const port = await freePort();
  const manifest = fileURLToPath(new URL("manifest.ts", import.meta.url).href);
  const config = prepareGateway(manifest, join(folder, `${size.consumers}-${port}`), port);
  await startWorkerd(config, port, pinned?.workerd, { ISOGATE_ADMIN_SECRET: ADMIN_SECRET });
  return { port, registered: await fillRegistry(port, size) };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
