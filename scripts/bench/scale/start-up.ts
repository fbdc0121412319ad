import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { manifestPath } from "../../../src/manifest/compiler/index.ts";
import { OBJECTS } from "../../../src/manifest/compiler/objects.ts";
import { bundleForWorkerd } from "../../bundle.ts";
import { cpuMicroseconds } from "../cpu-time.ts";
import { residentBytes } from "../memory.ts";
import { stopProcess } from "../processes.ts";
import { median } from "../statistics.ts";
import { freePort, prepareGateway, startWorkerd } from "../workerd.ts";
import { writeManifest } from "./generate.ts";

/** What a bundle costs until it has given its first answer. */
export interface StartUp {
  readonly name: string;
  /** Of the bundle, minified. */
  readonly bytes: number;
  readonly gzip: number;
  /** Of the workerd process, ms. */
  readonly cpu: number;
  readonly resident: number;
}

/** A Worker on bare workerd. */
interface Subject {
  readonly name: string;
  readonly folder: string;
  readonly config: string;
  readonly port: number;
  /** Of the first request, which it answers with 200. */
  readonly path: string;
}

/** An empty Worker, the sample gateway and one for each size, all started anew in every round; medians. */
export async function measureStartUp(
  sizes: readonly number[],
  { folder, rounds, progress }: { folder: string; rounds: number; progress: (text: string) => void },
): Promise<StartUp[]> {
  progress("start: building");
  const subjects = [
    await emptyWorker(join(folder, "empty")),
    await gateway("sample gateway", manifestPath(undefined), join(folder, "sample"), "/v1/products/assam"),
  ];
  for (const size of sizes) {
    const { file, probe } = writeManifest(join(folder, `manifest-${size}`), size);
    subjects.push(await gateway(`${size} routes`, file, join(folder, `built-${size}`), probe));
  }
  const runs = subjects.map(() => [] as Array<Awaited<ReturnType<typeof startOnce>>>);
  for (let round = 1; round <= rounds; round++) {
    progress(`start: round ${round} of ${rounds}`);
    for (const [index, subject] of subjects.entries()) runs[index]!.push(await startOnce(subject));
  }
  return subjects.map(({ name, folder }, index) => {
    const code = readFileSync(join(folder, "worker.js"));
    return {
      name,
      bytes: code.length,
      gzip: gzipSync(code, { level: 9 }).length,
      cpu: median(runs[index]!.map(({ cpu }) => cpu)),
      resident: median(runs[index]!.map(({ resident }) => resident)),
    };
  });
}

/** It runs in the gateway's own configuration of workerd, so that nothing but the bundle differs. */
async function emptyWorker(folder: string): Promise<Subject> {
  mkdirSync(folder);
  const entry = join(folder, "entry.ts");
  writeFileSync(entry, EMPTY_WORKER);
  const port = await freePort();
  await bundleForWorkerd(entry, folder, { port, variables: [] });
  return { name: "empty Worker", folder, port, path: "/", config: join(folder, "config.capnp") };
}

const EMPTY_WORKER = `${OBJECTS.map(({ name }) => `export class ${name} {}`).join("\n")}
export default { fetch: () => new Response("ok") };
`;

async function gateway(name: string, manifest: string, folder: string, path: string): Promise<Subject> {
  const port = await freePort();
  const config = prepareGateway(manifest, folder, port);
  return { name, folder, port, path, config };
}

async function startOnce({ name, config, port, path }: Subject) {
  const workerd = await startWorkerd(config, port, undefined);
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${name}: ${path} was answered ${response.status}`);
    return { cpu: cpuMicroseconds(workerd.pid!)! / 1_000, resident: residentBytes(workerd.pid!) };
  } finally {
    await stopProcess(workerd);
  }
}
