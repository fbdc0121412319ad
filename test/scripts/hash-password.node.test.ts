import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { derive } from "../../src/identity/passwords/derive.ts";
import { parsePasswordHash } from "../../src/identity/passwords/password-hash.ts";

const script = join(import.meta.dirname, "../../scripts/hash-password.ts");
const run = (input: string, ...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { input, encoding: "utf8" });

/** Whether the hash that was printed is that of the password. */
async function isOf(printed: string, password: string): Promise<boolean> {
  const hash = parsePasswordHash(printed);
  if (typeof hash === "string") throw new Error(hash);
  return Buffer.from(await derive(password, hash)).equals(hash.hash);
}

describe("npm run hash-password", () => {
  it("hashes what is on the standard input, with a salt of its own and as often as Workers may", async () => {
    const [one, other] = [run("pässword\n"), run("pässword")];
    expect([one.status, one.stderr]).toEqual([0, ""]);
    expect(one.stdout).toMatch(/^\$pbkdf2-sha256\$i=100000\$[^$]+\$[^$]+\n$/);
    expect(one.stdout).not.toBe(other.stdout);
    expect(await isOf(one.stdout, "pässword")).toBe(true);
    expect(await isOf(other.stdout, "pässword")).toBe(true);
    expect(await isOf(other.stdout, "passwort")).toBe(false);
  });

  it("makes a password where it is told to, and takes other costs", async () => {
    const { stdout, stderr } = run("", "--generate", "--iterations", "20000", "--sha512");
    expect(stderr).toMatch(/^[\w-]{24}\n$/);
    expect(stdout).toMatch(/^\$pbkdf2-sha512\$i=20000\$/);
    expect(await isOf(stdout, stderr.trim())).toBe(true);
  });

  it.each([
    ["no password", "", []],
    ["a line break in it", "a\nb", []],
    ["more iterations than Workers may", "a", ["--iterations", "600000"]],
    ["too few", "a", ["--iterations", "1"]],
  ])("refuses %s", (_, input, args) => {
    const { status, stdout, stderr } = run(input, ...args);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).not.toBe("");
  });
});
