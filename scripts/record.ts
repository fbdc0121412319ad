// npm run record -- --origin URL --out FILE [--port N] [--redact NAME]…
// Stands before an origin on loopback and writes down what it answers, for recorded() to play. Ctrl-C ends.
import type { AddressInfo } from "node:net";
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Book } from "./record/book.ts";
import { readRecording, writeRecording } from "./record/file.ts";
import { recordingProxy } from "./record/proxy.ts";
import { record } from "./record/recorder.ts";
import { Secrets } from "./record/secrets.ts";
import { freePort } from "./start/free-port.ts";
import { whenNpmEnds } from "./start/when-npm-ends.ts";

const DEFAULT_PORT = 8790;
const { values } = parseArgs({
  options: {
    origin: { type: "string" },
    out: { type: "string" },
    port: { type: "string" },
    redact: { type: "string", multiple: true, default: [] },
  },
});
const origin = readOrigin(values.origin);
const file = readFile(values.out);
const base = origin.href.replace(/\/+$/, "");
const secrets = new Secrets(values.redact);
const book = openBook();

const server = recordingProxy(origin, {
  recordable(exchange) {
    const reason = record(exchange, book, secrets) ?? save();
    say(
      exchange.method,
      exchange.target,
      reason === undefined ? String(exchange.answer.status) : `not recorded: ${reason}`,
    );
  },
  failed: ({ method = "", url = "" }, reason) => say(method, url, `not recorded: ${reason}`),
});
server.once("error", (error) => stop(`The port cannot be used: ${error.message}`));
server.listen(
  values.port === undefined ? await freePort(DEFAULT_PORT) : readPort(values.port),
  "127.0.0.1",
  () => {
    const { port } = server.address() as AddressInfo;
    console.log(`Recording ${base} at http://127.0.0.1:${port} into ${relative(process.cwd(), file)}.`);
    console.log(
      "Bodies are recorded as they are, but for known secrets: read the file before you share it. Ctrl-C ends.\n",
    );
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(0));
}
whenNpmEnds(() => process.exit(0));

/** A query's secrets are no more for the terminal than for the file. */
function say(method: string, target: string, outcome: string): void {
  console.log(`${method} ${target.split("?", 1)[0]}  ${outcome}`);
}

/** After every exchange: whatever ends this process, what was recorded is there. */
function save(): string | undefined {
  try {
    writeRecording(file, book.recording());
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function openBook(): Book {
  try {
    return new Book(base, readRecording(file, base));
  } catch (error) {
    return stop(`${error instanceof Error ? error.message : error}. Delete it, or name another file.`);
  }
}

function readOrigin(text = ""): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  ) {
    return stop(
      "--origin names the origin to record: an http(s) URL without credentials, query or fragment.",
    );
  }
  return url;
}

function readFile(path: string | undefined): string {
  if (path === undefined || !path.endsWith(".json")) {
    return stop("--out names the file to write, such as recordings/catalog.json.");
  }
  return resolve(path);
}

function readPort(text: string): number {
  const port = Number(text);
  return /^\d+$/.test(text) && port < 65_536 ? port : stop(`${text} is no port.`);
}

function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
