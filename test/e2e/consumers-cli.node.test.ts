import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServedGateway, serveGateway } from "../support/gateway.ts";
import { ask } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const ROOT = join(import.meta.dirname, "../..");
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";
const variables = (url: string) => ({ ORIGIN: url, PARTNER_SECRET: "p".repeat(40), ISOGATE_ADMIN_SECRET });
const served = serve("api-keys.ts", (origin) => variables(origin.url));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isogate-consumers-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the tool as a process of its own, which is told no more than this. */
function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  return new Promise((resolve) => {
    const script = join(ROOT, "scripts/consumers.ts");
    const options = { env, cwd: folder, maxBuffer: 64_000_000 };
    const child = execFile(process.execPath, [script, ...args], options, (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const urlOf = ({ port }: ServedGateway) => `http://127.0.0.1:${port}`;
const operate = (args: readonly string[], gateway = served.gateway) =>
  run(args, { ISOGATE_URL: urlOf(gateway), ISOGATE_ADMIN_SECRET });
/** @returns its standard output */
async function done(args: readonly string[], gateway = served.gateway): Promise<string> {
  const { status, stdout, stderr } = await operate(args, gateway);
  expect([args, status, stderr]).toEqual([args, 0, expect.anything()]);
  return stdout.trimEnd();
}
const json = async <T>(args: readonly string[], gateway = served.gateway) =>
  JSON.parse(await done([...args, "--json"], gateway)) as T;
async function statusWith(key: string, { port } = served.gateway): Promise<number> {
  return (await ask(port, "/plain", { headers: { "x-api-key": key } })).status;
}

/** A gateway of the same manifest with an empty registry. */
async function another<T>(use: (gateway: ServedGateway) => Promise<T>): Promise<T> {
  const gateway = await serveGateway(served.built, variables(served.origin.url));
  try {
    return await use(gateway);
  } finally {
    await gateway.stop();
  }
}

describe("npm run consumers", () => {
  it("takes a caller from the first key to the last", async () => {
    const added = await done(["add", "acme", "--name", "Acme Ltd", "--plan", "gold", "--roles", "a,b"]);
    expect(added).toMatch(/^id +acme\nname +Acme Ltd\nplan +gold\nroles +a, b\nstate +active\n/);
    const shown = await done(["keys", "add", "acme", "--prefix", "shop_live", "--scopes", "orders:read"]);
    const key = /^key +(shop_live_\w+)$/m.exec(shown)?.[1] ?? "";
    const id = /^id +(key_\w+)$/m.exec(shown)?.[1] ?? "";
    expect(shown).toContain("is not shown again");
    expect(shown.split(key)).toHaveLength(2);
    expect(await statusWith(key)).toBe(200);

    await done(["change", "acme", "--suspend"]);
    expect(await statusWith(key)).toBe(403);
    await done(["change", "acme", "--resume", "--meta", "seats=3", "--meta", "org=x"]);
    expect(await done(["change", "acme", "--meta", "seats=4", "--no-plan"])).toMatch(/seats=4/);
    expect(await json(["show", "acme"])).toMatchObject({
      metadata: { org: "x", seats: 4 },
      roles: ["a", "b"],
      suspended: false,
      version: 4,
    });
    expect(await statusWith(key)).toBe(200);

    const next = await done(["keys", "roll", "acme", id, "--overlap", "0s", "-q"]);
    expect(next).toMatch(/^shop_live_\w+$/);
    expect([await statusWith(key), await statusWith(next)]).toEqual([401, 200]);
    const keys = await json<Array<{ id: string; scopes: string[] }>>(["keys", "list", "acme"]);
    expect(keys[1]?.scopes).toEqual(["orders:read"]);
    const table = await done(["keys", "list", "acme"]);
    expect(table).toMatch(/^KEY +PREFIX +LABEL +STATE/);
    expect(table).toMatch(/expired, now key_\w+ .*\n.* holds /);
    expect(await done(["keys", "revoke", "acme", keys[1]!.id])).toContain("Revoked");
    expect(await statusWith(next)).toBe(401);

    const lines = await json<Array<{ action: string; actor: string }>>(["audit", "--consumer", "acme"]);
    expect(lines.map(({ action }) => action)).toEqual([
      "key.revoke",
      "key.roll",
      ...Array(3).fill("consumer.change"),
      "key.create",
      "consumer.create",
    ]);
    expect((await done(["audit", "--limit", "2"])).split("\n")).toHaveLength(3);
    expect(await done(["remove", "acme"])).toBe("Removed acme and its 2 keys.");
    expect((await operate(["show", "acme"])).status).toBe(1);
  });

  it("says who has changed meanwhile what was to be changed", async () => {
    await done(["add", "meanwhile", "--plan", "free"]);
    await done(["change", "meanwhile", "--plan", "gold"]);
    const before = await json(["show", "meanwhile"]);
    for (const late of [
      ["change", "meanwhile", "--plan", "silver"],
      ["remove", "meanwhile"],
    ]) {
      const { status, stdout, stderr } = await operate([...late, "--version", "1"]);
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(
        /^What was to be changed has changed meanwhile\. \(412 precondition-failed, request \S+\)/,
      );
      expect(stderr).toMatch(
        /Changed since version 1:\n.*\n.* operator +consumer\.change +meanwhile +plan=gold\n/,
      );
    }
    expect(await json(["show", "meanwhile"])).toEqual(before);
  });

  it("asks with a token of its scope, and says what it lacks", async () => {
    const token = await done([
      "tokens",
      "add",
      "reader",
      "--scopes",
      "consumers:read",
      "--expires",
      "1d",
      "-q",
    ]);
    expect(token).toMatch(/^isogate_admin_\w+$/);
    const env = {
      ISOGATE_URL: urlOf(served.gateway),
      ISOGATE_ADMIN_TOKEN: token,
      ISOGATE_ADMIN_SECRET: "wrong",
    };
    expect((await run(["list"], env)).status).toBe(0);
    for (const args of [["add", "x"], ["export"], ["audit"], ["tokens", "list"]]) {
      const { status, stderr } = await run(args, env);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/\(403 insufficient-rights, request \S+\)\n$/),
      ]);
    }
    expect(await done(["tokens", "list"])).toMatch(/reader +holds +consumers:read/);
    const [{ id }] = (await json<[{ id: string }]>(["tokens", "list"])) ?? [];
    await done(["tokens", "revoke", id]);
    const refused = await run(["list"], env);
    expect([refused.status, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(
      /^http:\S+ does not take this credential\. \(401 credential-invalid, request /,
    );
  });

  it("names the field that is wrong, with the request's id", async () => {
    const { status, stdout, stderr } = await operate(["add", "x", "--plan", "two words"]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^plan is a name of .* \(400 malformed-body, request [\w-]+\)\n$/);
  });

  it("does an interrupted command once", async () => {
    const args = ["add", "--name", "Once", "--once", "told-before", "-q"];
    expect(await done(args)).toBe(await done(args));
    const key = ["keys", "add", await done(args), "--prefix", "shop_live", "--once", "told-before-too"];
    await done(key);
    const again = await operate(key);
    expect([again.status, again.stdout]).toEqual([1, ""]);
    expect(again.stderr).toMatch(/text with it\.\n.* keys roll con_\w+ key_\w+ --overlap 0s\n/);
  });

  it("tells how to go on where it is interrupted before it knows what came of it", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    try {
      const { port } = silent.address() as AddressInfo;
      const env = { ISOGATE_URL: `http://127.0.0.1:${port}`, ISOGATE_ADMIN_SECRET };
      const child = spawn(process.execPath, [join(ROOT, "scripts/consumers.ts"), "add"], { env });
      let told = "";
      child.stderr.on("data", (bytes) => {
        told += String(bytes);
      });
      const [request] = (await once(silent, "request")) as [IncomingMessage];
      child.kill("SIGINT");
      expect(await once(child, "close")).toEqual([130, null]);
      expect(told).toContain(`the same command with --once ${request.headers["idempotency-key"]}\n`);
    } finally {
      silent.close();
      silent.closeAllConnections();
    }
  });

  it("makes one consumer where the first answer is lost on its way", async () => {
    let calls = 0;
    const lossy = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = "GET", url = "", headers } = request;
      const answer = await ask(served.gateway.port, url, {
        method,
        headers: headers as Record<string, string>,
        body: Buffer.concat(chunks),
      });
      calls++;
      if (calls === 1) response.destroy();
      else response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.text);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => lossy.once("listening", resolve));
    try {
      const { port } = lossy.address() as AddressInfo;
      const env = { ISOGATE_URL: `http://127.0.0.1:${port}`, ISOGATE_ADMIN_SECRET };
      const { status, stdout } = await run(["add", "--name", "Only one", "-q"], env);
      expect([status, calls]).toEqual([0, 2]);
      const all = await json<Array<{ id: string; name?: string }>>(["list"]);
      expect(all.filter(({ name }) => name === "Only one").map(({ id }) => id)).toEqual([stdout.trim()]);
    } finally {
      lossy.close();
      lossy.closeAllConnections();
    }
  });

  it("moves a registry to another gateway, where the same keys hold", async () => {
    await done(["add", "mover", "--plan", "gold", "--meta", "org=a1"]);
    const key = await done(["keys", "add", "mover", "--prefix", "shop_live", "-q"]);
    const document = await done(["export", "-q"]);
    expect(JSON.parse(document)).toMatchObject({ format: "isogate-consumers", version: 1 });
    expect(document).not.toContain(key.slice("shop_live_".length));
    const file = join(folder, "export.json");
    await writeFile(file, document);
    await another(async (empty) => {
      expect(await statusWith(key, empty)).toBe(401);
      const counts = await json<{ created: number }>(["import", file], empty);
      expect(counts).toEqual({ created: JSON.parse(document).records.length, unchanged: 0, replaced: 0 });
      await expect.poll(() => statusWith(key, empty), { timeout: 10_000 }).toBe(200);
      expect(await json(["import", file], empty)).toEqual({
        ...counts,
        created: 0,
        unchanged: counts.created,
      });
      // Line by line the same, but for when a key was last used.
      const lines = (text: string) =>
        text
          .replace(/,"lastUsedAt":"[^"]+"/g, "")
          .split("\n")
          .slice(1);
      expect(lines(await done(["export", "-q"], empty))).toEqual(lines(document));
      await done(["change", "mover", "--plan", "free"], empty);
      const refused = await operate(["import", file], empty);
      expect([refused.status, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toMatch(/^Nothing was imported: records\[\d+\]\.consumer is not as it is here/);
      expect(await done(["import", file, "--on-conflict", "replace"], empty)).toMatch(/, 1 replaced\.$/);
      expect(await json(["show", "mover"], empty)).toMatchObject({ plan: "gold", version: 3 });
    });
  });

  it("moves 1,200 consumers, in parts, and goes on after an interruption", async () => {
    const records = Array.from({ length: 1_200 }, (_, n) => [
      { consumer: { id: `many-${n}`, createdAt: "2026-01-01T00:00:00Z", version: 1 } },
      {
        key: {
          id: `key_many${n}`,
          consumer: `many-${n}`,
          prefix: "shop_live",
          hash: n.toString(16).padStart(64, "0"),
          createdAt: "2026-01-01T00:00:00Z",
        },
      },
    ]).flat();
    const write = async (name: string, some: readonly object[]) => {
      const file = join(folder, name);
      await writeFile(file, JSON.stringify({ format: "isogate-consumers", version: 1, records: some }));
      return file;
    };
    const [all, part] = [await write("all.json", records), await write("part.json", records.slice(0, 501))];
    const [one, other] = await another(async (first) => {
      await done(["import", part], first);
      const counts = await json(["import", all], first);
      expect(counts).toEqual({ created: 1_899, unchanged: 501, replaced: 0 });
      const { stdout, stderr } = await operate(["export"], first);
      expect(stderr).toBe("Exported 1200 consumers and 1200 keys.\n");
      await writeFile(join(folder, "copy.json"), stdout);
      expect((await done(["list", "-q"], first)).split("\n")).toHaveLength(1_200);
      return another(async (second) => {
        await done(["import", join(folder, "copy.json")], second);
        return [JSON.parse(stdout), JSON.parse(await done(["export"], second))];
      });
    });
    expect(other.records).toEqual(one.records);
    // A line of an export is a record.
    expect((await readFile(join(folder, "copy.json"), "utf8")).trimEnd().split("\n")).toHaveLength(2_402);
  });
});

describe("docs/consumers.md", () => {
  it("shows what the commands print", async () => {
    const page = await readFile(join(ROOT, "docs/consumers.md"), "utf8");
    const transcripts = [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
    const commands = transcripts.flatMap((text) => text.split(/^\$ /m).slice(1));
    expect(commands.length).toBeGreaterThan(14);
    const names = new Map<string, string>();
    await another(async (gateway) => {
      for (const written of commands) {
        const [line = "", ...expected] = written.trimEnd().split("\n");
        const [, call = "", file] = /^npm run -s consumers -- (.*?)(?: > (\S+))?$/.exec(line) ?? [];
        const args = wordsOf(call).map((word) => names.get(word) ?? word);
        const { status, stdout, stderr } = await operate(args, gateway);
        expect([line, status]).toEqual([line, 0]);
        if (file !== undefined) await writeFile(join(folder, file), stdout);
        const printed = file === undefined ? stdout : stderr;
        learn(names, expected.join("\n"), printed);
        expect(plain(printed.trimEnd())).toBe(plain(renamed(expected.join("\n"), names)));
      }
    });
  });

  const NAME = /\b(?:key|tok)_\w{16}\b|\b(?:shop_live|isogate_admin)_\w{24}_\w{6}\b/g;
  const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
  const plain = (text: string) => text.replace(TIME, "2026-11-21T09:30:00.000Z");
  const renamed = (text: string, names: ReadonlyMap<string, string>) =>
    text.replace(NAME, (name) => names.get(name) ?? name);
  /** What the page calls what was given a random name here. */
  function learn(names: Map<string, string>, expected: string, printed: string): void {
    const real = printed.match(NAME) ?? [];
    for (const [index, name] of (expected.match(NAME) ?? []).entries())
      if (!names.has(name)) names.set(name, real[index] ?? "nothing");
  }
  /** The words of a command as a shell has them. */
  const wordsOf = (line: string) =>
    [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
});

describe("a secret of npm run consumers", () => {
  let server: Server;
  let seen: string[] = [];
  beforeAll(async () => {
    server = createServer((_, response) => {
      seen = globSync("/proc/[0-9]*/cmdline").flatMap((file) => {
        try {
          return [readFileSync(file, "utf8")];
        } catch {
          // The process has ended.
          return [];
        }
      });
      response.setHeader("content-type", "application/json").end('{"consumers":[]}');
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.runIf(process.platform === "linux")("is in no process list while it is used", async () => {
    const { port } = server.address() as AddressInfo;
    const env = {
      PATH: process.env.PATH ?? "",
      ISOGATE_URL: `http://127.0.0.1:${port}`,
      ISOGATE_ADMIN_TOKEN: "s3cret-of-the-test",
    };
    const child = spawn(process.execPath, [join(ROOT, "scripts/run.mjs"), "consumers", "list"], { env });
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    expect(seen.some((line) => line.includes("run.mjs\0consumers\0list"))).toBe(true);
    expect(seen.filter((line) => line.includes("s3cret-of-the-test"))).toEqual([]);
  });
});
