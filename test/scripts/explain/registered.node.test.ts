import { execFile } from "node:child_process";
import { createPrivateKey, sign } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
/** 2026-11-20T00:00:00Z, where time stands still. */
const NOW = 1_795_132_800;
/** The key of RFC 9421, appendix B.1.4. */
const KEY = createPrivateKey({
  key: Buffer.from("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF", "base64"),
  format: "der",
  type: "pkcs8",
});
let folder: string;
let manifest: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isogate-explain-"));
  manifest = join(folder, "registered.ts");
  await cp(join(ROOT, "test/explain/manifests/registered.ts"), manifest);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function explain(...commands: ReadonlyArray<readonly string[]>): Promise<string[]> {
  const script = join(ROOT, "test/scripts/explain-several.ts");
  const run = promisify(execFile)(process.execPath, [script, manifest], { maxBuffer: 16_000_000 });
  run.child.stdin?.end(JSON.stringify(commands));
  return JSON.parse((await run).stdout) as string[];
}

function token(claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const about = { iss: "https://machines.example", aud: "api", sub: "m1", exp: NOW + 60, ...claims };
  const input = `${encode({ alg: "EdDSA", kid: "m" })}.${encode(about)}`;
  return `${input}.${sign(null, Buffer.from(input), KEY).toString("base64url")}`;
}

describe("an explanation of a route whose callers must be registered", () => {
  it("asks no registry, takes whom a credential names to be in it, and says so", async () => {
    const [named = "", nameless = "", pretended = ""] = await explain(
      ["GET", "/machine", "-H", `Authorization: Bearer ${token({ org: "acme" })}`],
      ["GET", "/machine", "-H", `Authorization: Bearer ${token({})}`],
      ["GET", "/me", "--as", "ada"],
    );
    expect(named).toContain("the consumer acme is taken to be registered: the registry is not asked here");
    expect(named).toContain("200");
    expect(nameless).toContain("consumer-unknown");
    expect(pretended).toContain("no credential was judged");
    expect(pretended).toContain("200");
  });
});
