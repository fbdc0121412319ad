import { execFile, spawnSync } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Traced } from "../../../src/explain/traced.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** 2026-11-20T00:00:00Z, where time stands still. */
const NOW = 1_795_132_800;
let folder: string;
let manifest: string;

beforeAll(async () => {
  // As a stranger's: a manifest of the repository's own would need its secrets in wrangler.toml.
  folder = await mkdtemp(join(tmpdir(), "isogate-explain-"));
  manifest = join(folder, "edges.ts");
  await cp(join(ROOT, "test/explain/manifests/edges.ts"), manifest);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is said to each command line. */
async function explain(...commands: ReadonlyArray<readonly string[]>): Promise<string[]> {
  const script = join(ROOT, "test/scripts/explain-several.ts");
  const run = promisify(execFile)(process.execPath, [script, manifest], { maxBuffer: 16_000_000 });
  run.child.stdin?.end(JSON.stringify(commands));
  return JSON.parse((await run).stdout) as string[];
}

/** The same as data. */
async function explained(...commands: ReadonlyArray<readonly string[]>) {
  const texts = await explain(...commands.map((args) => [...args, "--json"]));
  return texts.map(
    (text) => JSON.parse(text) as Traced & { match: Record<string, unknown>; unset: string[] },
  );
}

function token(claims: object, alg = "ES256"): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return `Authorization: Bearer ${encode({ alg })}.${encode({ aud: "api", sub: "eve", exp: NOW + 60, ...claims })}.AAAA`;
}

describe("variables", () => {
  it("stand in the origin's place where they are not set, or are secret", async () => {
    const calls = await explained(["GET", "/set/x"], ["GET", "/unset"], ["GET", "/hidden"]);
    expect(calls.map(({ calls }) => calls[0]?.url)).toEqual([
      "https://set.example/base/set/x",
      "{UNSET_ORIGIN}/unset",
      "{HIDDEN_ORIGIN}/hidden",
    ]);
    const [set, unset] = await explain(["GET", "/set/x"], ["GET", "/unset"]);
    expect(set).not.toContain("is not set");
    expect(unset).toContain("UNSET_ORIGIN is not set");
  });
});

describe("functions of the manifest", () => {
  it("are not run, and that is said", async () => {
    const [hooked, handled, composed] = await explain(
      ["GET", "/hooked"],
      ["GET", "/handled"],
      ["GET", "/composed/7"],
    );
    for (const text of [
      "middleware are functions: not run here",
      "hooks.request is a function: not run here",
      "hooks.upstreamRequest is a function: not run here",
      "hooks.upstreamResponse is a function: not run here",
      "hooks.response is a function: not run here",
      "x-from: /hooked",
    ]) {
      expect(hooked).toContain(text);
    }
    expect(handled).toContain("handler is a function: not run here");
    expect(handled).toContain("beside what functions call");
    expect(composed).toContain("merge is a function: not run here");
  });
});

describe("steps", () => {
  it("are sent what others would give them, and the routes that they call are told too", async () => {
    const [traced] = await explained(["GET", "/composed/7"]);
    expect(
      traced?.calls.map(({ method, url, step, route, depth, body }) => [
        method,
        url,
        step,
        route,
        depth,
        body,
      ]),
    ).toEqual([
      ["GET", "{UNSET_ORIGIN}/deep/7", undefined, "GET /inner/:id", 1, undefined],
      [
        "POST",
        "https://set.example/base/after/{inner.user.id}?name={inner.user.name}",
        "after",
        "GET /composed/:id",
        0,
        '{"whole":{"id":"{inner.user.id}","name":"{inner.user.name}"},"list":["7",1]}',
      ],
    ]);
    expect(Object.fromEntries(traced!.calls[1]!.headers)["x-tag"]).toBe("{inner.tag}");
    expect(traced!.calls.flatMap(({ headers }) => headers.map(([name]) => name))).not.toContain(
      "x-isogate-explained-step",
    );
    expect(traced?.events.map(({ depth, phase, name }) => `${depth} ${phase} ${name}`)).toEqual([
      "0 guard rateLimit",
      "0 action compose",
      "0 dispatch inner",
      "1 action forward",
      "0 finalise rateLimit",
    ]);
    expect(traced?.answer.status).toBe(200);
  });
});

describe("what Workers have and Node has not", () => {
  it("is done without", async () => {
    const handshake = {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const fields = Object.entries(handshake).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    const [socket, watched] = await explain(["GET", "/socket", ...fields], ["GET", "/watched"]);
    expect(socket).toContain("upgrade: websocket");
    expect(socket).toContain("No WebSocket is opened here");
    expect(watched).toMatch(/ANSWER, .*\n {2}200\n/);
  });
});

describe("credentials", () => {
  const both = (...args: readonly string[]) => ["GET", "/both", ...args];

  it("are judged but for the signature where the keys are not here", async () => {
    const [login, partner, lacking, expired, foreign, algorithm, none] = await explained(
      both("-H", token({ iss: "https://login.example", scope: "read" })),
      both("-H", token({ iss: "https://partner.example" }, "HS256")),
      both("-H", token({ iss: "https://login.example", scope: "write" })),
      both("-H", token({ iss: "https://login.example", exp: NOW - 60 })),
      both("-H", token({ iss: "https://login.example", aud: "other" })),
      both("-H", token({ iss: "https://login.example" }, "RS256")),
      both(),
    );
    expect(login?.events[0]).toMatchObject({
      outcome: "passes",
      identity: { id: "https://login.example#eve", scopes: ["read"] },
      notes: [
        "the signature is taken to hold: its key is not fetched here (https://login.example/keys.json)",
      ],
    });
    expect(partner?.events[0]).toMatchObject({
      identity: { id: "https://partner.example#eve" },
      notes: ["the signature is taken to hold: its key is not fetched here ({PARTNER_SECRET})"],
    });
    const refusals = [lacking, expired, foreign, algorithm, none].map((traced) => traced?.answer.refusal);
    expect(refusals.map((refusal) => refusal?.code)).toEqual([
      "insufficient-rights",
      "credential-invalid",
      "credential-invalid",
      "credential-invalid",
      "credential-missing",
    ]);
    expect(refusals[0]?.cause).toContain("the scope read is not granted");
    expect(refusals[1]?.cause).toContain("the token has expired");
    expect(refusals[2]?.cause).toContain("another audience");
  });

  it("are taken to hold for whom one pretends to be, with no more than one says", async () => {
    const [ada, text] = [await explained(both("--as", "ada")), await explain(both("--as", "ada"))];
    expect(ada[0]?.events[0]?.identity).toEqual({
      id: "https://partner.example#ada",
      subject: "ada",
      scopes: [],
    });
    expect(text[0]).toContain("--as: no credential was judged");
    expect(Object.fromEntries(ada[0]!.calls[0]!.headers)["x-identity-id"]).toBe(
      "https://partner.example#ada",
    );
  });
});

describe("rules on trial", () => {
  it("say whom they would refuse, and let them pass", async () => {
    const [text] = await explain(["GET", "/tried"]);
    expect(text).toMatch(/authenticate {2}access +on trial: would refuse with credential-missing\n/);
    expect(text).toContain("access public; on trial: jwt");
    expect(text).toMatch(/ANSWER\n {2}204\n/);
  });
});

describe("routes that are not met", () => {
  it("say what the request lacks for them", async () => {
    const json = ["-H", "content-type: application/json", "-d", '{"kind":"b"}'];
    const [text = "", other = ""] = await explain(
      ["POST", "/typed", ...json, "-H", "x-a: 1"],
      ["POST", "https://eu.shop.example/typed", ...json],
    );
    for (const line of [
      "POST /typed  variant 2  is for the host *.shop.example, not gateway.example",
      'POST /typed  variant 1  asks for the body field /kind = "a", which is "b"',
      'POST /typed  variant 3  asks for the cookie group = "b", which is not there',
      "ANY /typed              is met",
    ]) {
      expect(text).toContain(line);
    }
    expect(other).toContain("→  POST /typed  variant 2  is met");
    expect(other).toContain("ANY /typed              would do too, but comes later");
  });

  it("and a path that is only spelt otherwise", async () => {
    const [text] = await explain(["GET", "/HANDLED/"]);
    expect(text).toContain("from here on its path is the declared one: /handled");
  });
});

describe("the command", () => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(ROOT, "scripts/explain.ts"), ...args], {
      encoding: "utf8",
      env: { ...process.env, ISOGATE_ADMIN_SECRET: "t" },
    });

  it("exits with 0 where it has explained, whatever the answer is", () => {
    const { status, stdout, stderr } = run("GET", "/nowhere", "--manifest", manifest);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("404 route-not-found");
  });

  it("exits with 2 and says how it is used where it is used otherwise", () => {
    const { status, stdout, stderr } = run("GET");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Give a method and a path.\n\nnpm run explain -- METHOD PATH-OR-URL");
    const unsendable = run("GET", "/", "-d", "x", "--manifest", manifest);
    expect([unsendable.status, unsendable.stderr]).toEqual([
      2,
      expect.stringContaining("No such request can be sent"),
    ]);
  });

  it("does not repeat a password of a URL that cannot be asked for", () => {
    const { status, stderr } = run("GET", "http://ada:hidden@a.example/", "--manifest", manifest);
    expect(status).toBe(2);
    expect(stderr).toContain("http://(redacted)@a.example/");
    expect(stderr).not.toContain("hidden");
  });

  it("exits with 1 and reports where the manifest has mistakes", async () => {
    const broken = join(folder, "broken.ts");
    await writeFile(
      broken,
      `import { defineGateway, defineRoutes } from "isogate";
export const routes = defineRoutes({}, { "GET /a": { respond: {} } });
export default defineGateway({ routes: [routes] });`,
    );
    const { status, stdout, stderr } = run("GET", "/a", "--manifest", broken);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("every route or its group says who may call");
  });

  it("exits with 1 where no gateway runs", () => {
    const { status, stdout, stderr } = run(
      ...["GET", "/a", "--manifest", manifest, "--live", "http://127.0.0.1:9"],
    );
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^http:\/\/127\.0\.0\.1:9 cannot be asked: /);
  });
});

describe("what a client presents", () => {
  it("is in nothing that is printed, wherever it is put", async () => {
    const target = "?acc%65ss_token=hidden-parameter&password=hidden&code=hidden";
    const fields = [
      ...["-H", "Cookie: group=hidden; other=hidden-cookie-1", "-H", "Authorization: Bearer hidden-token"],
      ...[
        "-H",
        "X-Seen: hidden-token and hidden-parameter",
        "-H",
        "Referer: https://a.example/?token=hidden",
      ],
    ];
    const requests = [
      ["POST", `/typed${target}`, ...fields],
      ["GET", `/set/hidden-token${target}`, ...fields],
    ];
    const outputs = await explain(...requests.flatMap((request) => [request, [...request, "--json"]]));
    expect(outputs).toHaveLength(4);
    for (const output of outputs) {
      expect(output).toContain("acc%65ss_token=(redacted)");
      expect(output).toContain("(redacted) and (redacted)");
      expect(output).not.toContain("hidden");
    }
    expect(outputs[0]).toContain('asks for the cookie group = "b", which is "(redacted)"');
    expect(outputs[2]).toContain("https://set.example/base/set/(redacted)");
  });
});
