import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Recording } from "../../src/upstream/recorded/recording.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { ask } from "../support/raw-http.ts";

const folder = mkdtempSync(join(tmpdir(), "isogate-record-"));
const running = new Set<ChildProcess>();
let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
});
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});
afterAll(async () => {
  await origin.stop();
  rmSync(folder, { recursive: true });
});

/** Runs `npm run record` until it listens or ends. */
async function run(...options: string[]) {
  const script = join(import.meta.dirname, "../../scripts/run.mjs");
  const child = spawn(process.execPath, [script, "record", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let said = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      said += text;
      for (const check of waiting) check();
    });
  }
  /** Waits until it has said something. */
  const says = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        const found = pattern.exec(said);
        if (found !== null) resolve(found[1] ?? "");
      };
      waiting.add(check);
      exited.then((code) => reject(new Error(`ended with ${code}, saying:\n${said}`)));
      check();
    });
  return { child, exited, says, said: () => said };
}

async function recorder(out: string, ...options: string[]) {
  const started = await run("--origin", origin.url, "--out", out, "--port", "0", ...options);
  return { ...started, port: Number(await started.says(/ at http:\/\/127\.0\.0\.1:(\d+)/)) };
}

const read = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Recording;

describe("npm run record", () => {
  it("writes no secret down, wherever it turns up", async () => {
    const file = join(folder, "secrets.json");
    const { port, says, said } = await recorder(file, "--redact", "X-Tenant");
    await origin.answer("/login", {
      body: '{"access_token":"issued-token-1","name":"ada"}',
      headers: [
        ["set-cookie", "session=session-0123456789; HttpOnly"],
        ["content-type", "application/json"],
        ["x-echo", "session-0123456789"],
      ],
    });
    // The origin answers with the request as it came.
    await ask(port, "/echo?api_key=key-0123456789&page=2", {
      headers: {
        authorization: "Bearer bearer-0123456789",
        cookie: "a=1; sid=cookie-0123456789",
        "x-api-key": "api-0123456789",
        "x-tenant": "tenant-0123456789",
        "x-plain": "plain-0123456789",
      },
    });
    await says(/GET \/echo {2}200/);
    await ask(port, "/login", { method: "POST", body: "user=ada&password=typed-0123456789" });
    await says(/POST \/login {2}200/);
    const text = readFileSync(file, "utf8");
    for (const where of ["bearer", "cookie", "api", "tenant", "key", "session", "typed"]) {
      expect(`${text}${said()}`.includes(`${where}-0123456789`), where).toBe(false);
    }
    expect(text).not.toContain("issued-token-1");
    expect(text).toContain("plain-0123456789");
    const { exchanges, redacted } = read(file);
    expect(redacted).toEqual(["api_key"]);
    expect(exchanges.map(({ target }) => target)).toEqual(["/echo?api_key=REDACTED&page=2", "/login"]);
    expect(exchanges[1]?.answers).toEqual([
      {
        status: 200,
        headers: { "content-type": "application/json", "x-echo": "REDACTED" },
        json: { access_token: "REDACTED", name: "ada" },
      },
    ]);
  });

  it("goes on where it was ended, and says what it does not record", async () => {
    const file = join(folder, "twice.json");
    await origin.answer("/a", { body: "one" });
    await origin.answer("/large", { body: "x".repeat(1_000_001) });
    const first = await recorder(file);
    await ask(first.port, "/a");
    await ask(first.port, "/large");
    await first.says(/GET \/large {2}not recorded: its body is larger/);
    first.child.kill("SIGINT");
    expect(await first.exited).toBe(0);

    await origin.answer("/a", { body: "two" });
    await origin.answer("/b", { body: "b" });
    const second = await recorder(file);
    await ask(second.port, "/b");
    await second.says(/GET \/b {2}200/);
    const texts = () =>
      read(file).exchanges.map(({ target, answers }) => [target, answers.map(({ text }) => text)]);
    expect(texts()).toEqual([
      ["/a", ["one"]],
      ["/b", ["b"]],
    ]);
    await ask(second.port, "/a");
    await second.says(/GET \/a {2}200/);
    expect(texts()).toEqual([
      ["/a", ["two"]],
      ["/b", ["b"]],
    ]);
    second.child.kill("SIGTERM");
    expect(await second.exited).toBe(0);

    const other = await run("--origin", "https://other.example", "--out", file);
    expect([await other.exited, other.said()]).toEqual([
      1,
      expect.stringContaining(`is the recording of ${origin.url}`),
    ]);
  });

  it("writes no file where nothing was recorded", async () => {
    const file = join(folder, "none.json");
    const { child, exited } = await recorder(file);
    child.kill("SIGINT");
    await exited;
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    [[], "--origin names"],
    [["--origin", "api.example", "--out", "x.json"], "--origin names"],
    [["--origin", "https://user:secret@api.example", "--out", "x.json"], "--origin names"],
    [["--origin", "https://api.example"], "--out names"],
    [["--origin", "https://api.example", "--out", "x.ts"], "--out names"],
    [["--origin", "https://api.example", "--out", "x.json", "--port", "http"], "http is no port"],
  ])("says what is wrong with %j", async (options, message) => {
    const { exited, said } = await run(...options);
    expect([await exited, said()]).toEqual([1, expect.stringContaining(message)]);
  });
});
