import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serve } from "../../e2e/served.ts";
import { deadUrl } from "../../support/origin.ts";

const SCRIPT = join(import.meta.dirname, "../../../scripts/explain.ts");
const ADMIN_SECRET = "operators only.7f3a91";
const PARTNER_SECRET = "a secret that is at least as long as its hash";

const served = serve("compose.ts", async (origin) => ({
  ORIGIN: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  DEAD_ORIGIN: await deadUrl(),
  PARTNER_SECRET,
  ISOGATE_ADMIN_SECRET: ADMIN_SECRET,
}));

/** Runs `npm run explain` against the served gateway. */
function explain(args: readonly string[], manifest = "compose.ts", secret = ADMIN_SECRET) {
  const all = [...args, "--live", `http://127.0.0.1:${served.gateway.port}`];
  const given = ["--manifest", join(served.built.manifests, manifest)];
  return new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    const env = { ...process.env, ISOGATE_ADMIN_SECRET: secret };
    execFile(process.execPath, [SCRIPT, ...all, ...given], { env }, (error, stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe("a running gateway", () => {
  it("tells of one real request, with real times and origins", async () => {
    const { status, stdout } = await explain(["GET", "/fed/7?q=x", "-H", "X-Request-Id: explained-1"]);
    expect(status).toBe(0);
    expect(stdout).toContain(`GET ${served.origin.url}/fed/users/7\n    (upstream origin, step user)`);
    expect(stdout).toMatch(/action {2}compose {2}\d+ ms {2}/);
    expect(stdout).toMatch(/→ 200 after \d+ ms/);
    expect(stdout).toMatch(/ANSWER after \d+ ms/);
    expect(stdout).toContain("This was a real request");
    expect(stdout).not.toContain("The gateway runs the manifest");
    // Functions of the manifest are run: here `merge`.
    expect(stdout).not.toContain("not run");
    // The access log has it like any other.
    expect(await served.gateway.line("explained-1")).toMatchObject({ route: "GET /fed/:id" });
  });

  it("tells of an origin that fails, and shows no secret", async () => {
    const { stdout } = await explain(["GET", "/optional"]);
    expect(stdout).toContain("→ failed:");
    expect(stdout).toContain("part gone failed: upstream-unreachable");
    expect(stdout).not.toContain(PARTNER_SECRET);
    expect(stdout).not.toContain(ADMIN_SECRET);
  });

  it("tells of the routes that a request dispatches to, and of the end of a loop", async () => {
    const { stdout } = await explain(["GET", "/routed"]);
    expect(stdout).toMatch(/\n {2}dispatch +own +\d+ ms +answers 200\n/);
    expect(stdout).toMatch(/\n {4}action +forward +\d+ ms +answers 200\n/);
    expect(stdout).toContain("(upstream origin, of GET /inner/:id)");
    const loop = await explain(["GET", "/loop"]);
    expect(loop.stdout).toContain("508 loop-detected");
  });

  it("may run another manifest than the one that lies here, and that is said", async () => {
    const { stdout } = await explain(["GET", "/json"], "functions.ts");
    expect(stdout).toContain(`The gateway runs the manifest ${served.built.hash}, and here lies`);
  });

  it("explains nothing without its secret", async () => {
    const { status, stdout, stderr } = await explain(["GET", "/fed/7"], undefined, "wrong");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("does not take this admin secret");
  });
});
