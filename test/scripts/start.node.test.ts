import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, isFree } from "../../scripts/start/free-port.ts";

const ROOT = join(import.meta.dirname, "../..");
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
if (!hasCurl) console.warn("SKIPPED: the guided tour of `npm start` is not tested, because there is no curl");

let folder: string;
/** A copy of the project: generated files and edits must not meet those of other tests. */
let project: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isogate-start-"));
  project = join(folder, "project");
  mkdirSync(project);
  for (const name of ["routes", "scripts", "src", "tsconfig.json", "wrangler.toml"]) {
    cpSync(join(ROOT, name), join(project, name), { recursive: true });
  }
  // Without the lockfile: the copy shares its node_modules and must never install into them.
  cpSync(join(ROOT, "package.json"), join(project, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"), "junction");
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** `npm start` in the copy, until it says that it is ready. */
async function start(...options: string[]) {
  const port = await freePort(21_000 + Math.floor(Math.random() * 10_000));
  const args = ["scripts/start.ts", "--port", String(port), ...options];
  const child = spawn(process.execPath, args, { cwd: project, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    output += text;
  });
  await until(
    () => output.includes("Ctrl-C ends") || child.exitCode !== null,
    () => output,
  );
  return { child, port, base: `http://127.0.0.1:${port}`, output: () => output };
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await exited;
  }
  return child.exitCode;
}

/** Polls what another process does: there is no clock to pass in. */
async function until(done: () => boolean | Promise<boolean>, about: () => string = () => ""): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`gave up waiting. ${about()}`);
    await sleep(20);
  }
}

async function ask(url: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return { status: response.status, text: await response.text() };
  } catch {
    // In the middle of a reload.
    return { status: 0, text: "" };
  }
}

describe.skipIf(!hasCurl)("the guided tour", () => {
  /** What each command has to print, in the order of the tour. */
  const outcomes: ReadonlyArray<readonly RegExp[]> = [
    [/^HTTP\/1.1 200/, /^x-request-id: /im, /^ratelimit: /im, /"id":"assam"/],
    [/^cache-status: isogate; fwd=miss; stored\r?\ncache-status: isogate; hit; ttl=\d+\s*$/i],
    [/^HTTP\/1.1 401/, /application\/problem\+json/, /^www-authenticate: Bearer/im],
    [/^HTTP\/1.1 200/, /"customer":"ada"/],
    [
      /^(HTTP\/1.1 201[^\n]*\n[^H]+){3}(HTTP\/1.1 429[^\n]*\n[^H]+){2}$/,
      /^retry-after: \d+/im,
      /"burst";r=0/,
    ],
    [/"hello":"Ada"/, /"orders":\[\{/, /"picks":\[\{/],
    [/^HTTP\/1.1 200/, /^isogate-parts: .*reviews;failed=upstream-timeout/im, /"reviews":\[\]/],
    [/^HTTP\/1.1 405/, /application\/problem\+json/, /^allow: GET, HEAD, OPTIONS/im],
  ];

  test("says what then happens; an edit is live; a mistake is shown until it is repaired; Ctrl-C ends", async () => {
    const { child, port, base, output } = await start();
    try {
      const commands = output()
        .split("\n")
        .filter((line) => /^ {3}(curl|for) /.test(line));
      expect(commands).toHaveLength(outcomes.length);
      for (const [index, command] of commands.entries()) {
        const { stdout } = await promisify(execFile)("sh", ["-c", command]);
        for (const outcome of outcomes[index]!) expect(stdout, command).toMatch(outcome);
      }

      const file = join(project, "routes/catalog.ts");
      const source = readFileSync(file, "utf8");
      const edited = source.replace('"GET /items/:id"', '"GET /fresh": { respond: { text: "live" } }, $&');
      writeFileSync(file, edited);
      await until(async () => (await ask(`${base}/v1/fresh`)).text === "live", output);

      writeFileSync(file, source.replace("redirect: {", "redirekt: {"));
      await until(async () => (await ask(`${base}/v1/products`)).status === 500, output);
      expect((await ask(`${base}/anything`)).text).toContain('Did you mean "redirect"?');
      writeFileSync(file, source);
      await until(async () => (await ask(`${base}/v1/products`)).status === 200, output);
    } finally {
      await stop(child);
    }
    expect(child.exitCode).toBe(0);
    expect(await isFree(port)).toBe(true);
  });
});

test("a manifest elsewhere is served with the packages of the project, and watched", async () => {
  const elsewhere = join(folder, "elsewhere");
  mkdirSync(join(elsewhere, "mocks"), { recursive: true });
  const mock = (text: string) => writeFileSync(join(elsewhere, "mocks/mock.txt"), text);
  mock("first mock");
  const word = (text: string) =>
    writeFileSync(join(elsewhere, "word.ts"), `export const word = "${text}";\n`);
  word("first");
  writeFileSync(
    join(elsewhere, "manifest.ts"),
    `import { defineGateway, defineRoutes, upstream } from "isogate";
import { Hono } from "hono";
import { poweredBy } from "hono/powered-by";
import { json, Router } from "itty-router";
import * as z from "zod";
import { word } from "./word.ts";
const app = Router({ finally: [json] });
app.get("/word", () => ({ word }));
export const words = upstream("words", { origin: app });
export const hono = upstream("hono", { origin: new Hono().get("/hono", (c) => c.text("by Hono")) });
const Word = z.object({ word: z.string().meta({ example: "sampled" }) });
export default defineGateway({
  routes: [
    defineRoutes({ access: "public" }, {
      "GET /word": { forward: { upstream: words } },
      "GET /hono": { middleware: poweredBy(), forward: { upstream: hono } },
      "GET /sample": { respond: { schema: Word } },
      "GET /mock": { respond: { file: "./mocks/mock.txt" } },
    }),
  ],
});
`,
  );
  const { child, base, output } = await start("--manifest", join(elsewhere, "manifest.ts"));
  try {
    expect(output()).toMatch(/GET +\/word +public .*forward → words/);
    expect(output()).not.toContain("/v1/products");
    expect((await ask(`${base}/word`)).text).toBe('{"word":"first"}');
    const hono = await fetch(`${base}/hono`);
    expect([hono.headers.get("x-powered-by"), await hono.text()]).toEqual(["Hono", "by Hono"]);
    expect((await ask(`${base}/sample`)).text).toBe('{"word":"sampled"}');
    word("second");
    await until(async () => (await ask(`${base}/word`)).text === '{"word":"second"}', output);
    expect((await ask(`${base}/mock`)).text).toBe("first mock");
    mock("second mock");
    await until(async () => (await ask(`${base}/mock`)).text === "second mock", output);
  } finally {
    await stop(child);
  }
});

test("a port that is taken is said to be", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address!.port : 0;
  const taken = spawnSync(process.execPath, ["scripts/start.ts", "--port", String(port)], {
    cwd: project,
    encoding: "utf8",
  });
  expect(await freePort(port)).toBeGreaterThan(port);
  server.close();
  expect(taken.status).toBe(1);
  expect(taken.stderr).toContain(`Port ${port} cannot be used`);
});
