import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  rebuild,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";

const ROOT = join(import.meta.dirname, "../..");

let built: BuiltGateway;
let origin: Origin;
let file: string;
let recorder: ChildProcess | undefined;
let gateway: ServedGateway | undefined;

beforeAll(async () => {
  [built, origin] = await Promise.all([buildGateway("recorded.ts"), startOrigin()]);
  file = join(built.manifests, "recordings/origin.json");
  await rm(file);
});
afterAll(async () => {
  recorder?.kill("SIGKILL");
  await gateway?.stop();
  await removeGateway(built);
});

/** What the recorder has said so far. */
let said = "";

async function until(fits: () => boolean): Promise<void> {
  const end = Date.now() + 8_000;
  while (!fits()) {
    if (Date.now() > end) throw new Error(`waited in vain; the recorder said:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** `npm run record`, until it listens. @returns its port */
async function startRecorder(...options: string[]): Promise<number> {
  said = "";
  const args = ["scripts/run.mjs", "record", "--port", "0", "--out", file, ...options];
  recorder = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [recorder.stdout, recorder.stderr]) stream?.on("data", (text) => (said += text));
  await until(() => /Recording .* at http:\/\/127\.0\.0\.1:\d+/.test(said) || recorder?.exitCode !== null);
  return Number(/at http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
}

function stopRecorder(signal: NodeJS.Signals): Promise<number | null> {
  return new Promise((resolve) => {
    recorder?.once("exit", (code) => resolve(code));
    recorder?.kill(signal);
  });
}

/** Answered as the one before it. */
const REPEATED = ["/polled"] as const;
const asked: ReadonlyArray<readonly [path: string, init?: HttpRequest]> = [
  ["/json"],
  ["/pretty?x=1&x=2"],
  ["/picture"],
  ["/missing"],
  ["/gone", { method: "DELETE" }],
  [
    "/order",
    { method: "POST", body: '{"product":"teapot"}', headers: { "content-type": "application/json" } },
  ],
  ["/order", { method: "POST", body: '{"product":"cup"}', headers: { "content-type": "application/json" } }],
  ["/polled"],
  REPEATED,
  ["/polled"],
  ["/varies", { headers: { accept: "text/html" } }],
  ["/varies", { headers: { accept: "text/plain" } }],
  ["/json", { method: "HEAD" }],
];

/** What must be the same from the recording as from the origin. */
function essence({ status, body, header, all }: HttpResponse) {
  return {
    status,
    body: body.toString("latin1"),
    type: header("content-type"),
    etag: header("etag"),
    link: all("link").join(", "),
  };
}

describe("npm run record", () => {
  it("records an origin, whose part the recording plays when it is gone", { timeout: 60_000 }, async () => {
    const type = (value: string) => [["content-type", value] as const];
    await origin.answer("/json", {
      body: '{"b":1,"a":[null]}',
      headers: [...type("application/json"), ["etag", '"1"']],
    });
    await origin.answer("/pretty", {
      body: '{ "b": 1 }\n',
      headers: [...type("application/json"), ["link", "</a>"], ["link", "</b>"]],
    });
    await origin.answer("/picture", { body: "\x89PNG\r\n\x1a\n", headers: type("image/png") });
    await origin.answer("/missing", { status: 404, body: "No such thing.", headers: type("text/plain") });
    await origin.answer("/gone", { status: 204 });
    await origin.answer("/polled", { body: "pending" }, { body: "pending" }, { body: "done" });
    await origin.answer(
      "/varies",
      { body: "<p>", headers: [["vary", "Accept"]] },
      { body: "p", headers: [["vary", "Accept"]] },
    );

    const port = await startRecorder("--origin", `${origin.url}/`);
    const live = [];
    for (const [path, init] of asked) {
      live.push([path, essence(await ask(port, path, init))]);
    }
    await until(
      () => said.split("\n").filter((line) => /^[A-Z]+ \/\S* {2}\d{3}$/.test(line)).length === asked.length,
    );
    expect(await stopRecorder("SIGINT")).toBe(0);
    await origin.stop();

    gateway = await serveGateway(await rebuild(built, "recorded.ts"));
    const played = [];
    for (const [path, init] of asked.filter((each) => each !== REPEATED)) {
      played.push([path, essence(await ask(gateway.port, path, init))]);
    }
    expect(played).toEqual(live.filter((_, index) => asked[index] !== REPEATED));
    expect((await ask(gateway.port, "/polled")).text).toBe("done");
    const miss = await ask(gateway.port, "/json?page=2");
    expect([miss.status, miss.json().code]).toEqual([502, "not-recorded"]);
    // What a recording holds is no business of the public's.
    expect(miss.text).not.toContain("nearest");
    expect(await gateway.line(miss.header("x-request-id"))).toMatchObject({
      cause: expect.stringContaining("has no GET /json?page=2"),
    });
  });
});
