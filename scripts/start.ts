// npm start [-- --manifest FILE] [-- --port N]
// Runs the gateway in `wrangler dev` and, once it answers, shows what to try. Ctrl-C ends everything.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { buildManifest, manifestPath, ROOT } from "../src/manifest/compiler/index.ts";
import { describeRoutes } from "./routes/describe.ts";
import { formatTable } from "./routes/table.ts";
import { freePort, isFree } from "./start/free-port.ts";
import { readLine } from "./start/read-line.ts";
import { formatTour, tourStops } from "./start/tour.ts";
import { developmentToken, waitUntilHealthy } from "./start/wait.ts";
import { isWatched, watchManifest } from "./start/watch-manifest.ts";
import { whenNpmEnds } from "./start/when-npm-ends.ts";

const DEFAULT_PORT = 8787;
const { values } = parseArgs({ options: { manifest: { type: "string" }, port: { type: "string" } } });
const manifest = manifestPath(values.manifest);
const port = await choosePort(values.port);
const base = `http://127.0.0.1:${port}`;

const wrangler = spawn(
  process.execPath,
  [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), "dev", "--no-minify", "--port", String(port)],
  {
    cwd: ROOT,
    env: { ...process.env, ISOGATE_MANIFEST: manifest },
    stdio: ["ignore", "pipe", "pipe"],
  },
);
for (const stream of [wrangler.stdout, wrangler.stderr]) {
  createInterface({ input: stream }).on("line", (line) => {
    const shown = readLine(line);
    if (shown !== undefined) console.log(shown);
  });
}

const ended = new AbortController();
const end = () => {
  ended.abort();
  wrangler.kill("SIGTERM");
};
// A terminal sends Ctrl-C to wrangler as well; whoever ends only this process means both.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
whenNpmEnds(end);
// Should this process fail, wrangler must not go on alone.
process.on("exit", () => wrangler.kill());
wrangler.on("exit", (code) => process.exit(ended.signal.aborted ? 0 : (code ?? 1)));

const { checked, compiled, findings } = await buildManifest(manifest);
if (!isWatched(manifest)) watchManifest(compiled.files);
await waitUntilHealthy(base, ended.signal);
if (!ended.signal.aborted) console.log(await welcome());

async function choosePort(wanted: string | undefined): Promise<number> {
  if (wanted === undefined) return freePort(DEFAULT_PORT);
  const port = Number(wanted);
  if (Number.isInteger(port) && port > 0 && port < 65_536 && (await isFree(port))) return port;
  console.error(`Port ${wanted} cannot be used: it is taken, or no port number.`);
  process.exit(1);
}

/** The guided tour where the manifest still has what it shows; else the routes there are. */
async function welcome(): Promise<string> {
  const heading = `\nThe gateway is running at ${base}\n`;
  const ending = "Edit a route, save, and ask again: the change is live. Ctrl-C ends.\n";
  const shown = ["POST /issuer/token", ...tourStops({ base, token: "" }).map(({ route }) => route)];
  const declared = new Set(checked.routes.map(({ id }) => id));
  const token = shown.every((id) => declared.has(id)) ? await developmentToken(base) : undefined;
  if (token !== undefined) {
    const about = "Try it from another terminal (the token is a demo user's and good for an hour):";
    return [
      heading,
      about,
      "",
      formatTour({ base, token }),
      "",
      `npm run routes lists every route. ${ending}`,
    ].join("\n");
  }
  // A manifest that was repaired only since the start is not known here.
  const table = findings.length > 0 ? [] : [formatTable(describeRoutes(checked)), ""];
  return [heading, ...table, `curl -i ${base}/_gateway/health`, "", ending].join("\n");
}
