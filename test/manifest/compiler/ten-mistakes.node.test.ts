import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../../src/manifest/compiler/load.ts";
import { buildFiles } from "../../support/manifests.ts";

const run = promisify(execFile);
const MANIFEST = join(ROOT, "test/manifest/fixtures/ten-mistakes/index.ts");

/** The command line's answer, whatever its exit code. */
async function check(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await run(process.execPath, [join(ROOT, "scripts/check.ts"), ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe("a manifest with ten mistakes of ten kinds over four files", () => {
  let report: Awaited<ReturnType<typeof check>>;
  beforeAll(async () => {
    report = await check("--manifest", MANIFEST);
  });

  it("is told exactly those, at once, each with its place", async () => {
    const [built] = await buildFiles([MANIFEST]);
    expect(built?.findings.map(({ file, path }) => `${file} ${path}`).toSorted()).toEqual([
      "catalog.ts GET /items/:id → redirect.to",
      "catalog.ts GET /products → access",
      "catalog.ts GET /products/:id → cache.key.qery",
      "orders.ts GET /orders → access",
      "orders.ts GET /orders → deadline",
      "orders.ts GET /orders/:id → forward.path",
      "orders.ts GET /products/:sku",
      "orders.ts POST /orders",
      "orders.ts line 27",
      'shared.ts upstream "catalog" → origin',
    ]);
  });

  it("fails the command", () => {
    expect(report.code).toBe(1);
    expect(report.stdout).toBe("");
    expect(report.stderr).toContain("10 mistakes in the manifest.");
  });

  it("is told where, why and what to write, and no stack trace", () => {
    expect(report.stderr).toContain(
      [
        "  2. catalog.ts  GET /products/:id → cache.key.qery",
        '     unknown key "qery"',
        '     Did you mean "query"?',
      ].join("\n"),
    );
    expect(report.stderr).toContain("in catalog.ts, and the first has no `when`");
    expect(report.stderr).not.toMatch(/^\s+at /m);
    expect(report.stderr).not.toContain(ROOT);
  });
});

describe("npm run check", () => {
  it("says how many routes there are where nothing is wrong", async () => {
    const { code, stdout } = await check("--manifest", join(ROOT, "test/manifest/fixtures/good/index.ts"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^2 routes, no mistakes\. Manifest [0-9a-f]{16}\.\n$/);
  });
});
