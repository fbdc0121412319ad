import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hashPassword } from "../../../src/identity/passwords/derive.ts";
import { formatPasswordHash } from "../../../src/identity/passwords/password-hash.ts";

const folder = mkdtempSync(join(tmpdir(), "isogate-explain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MANIFEST = `import { basic, defineGateway, defineRoutes, secret } from "isogate";
const staff = basic({ users: { ada: secret("ADA_HASH") } });
export const routes = defineRoutes({ access: staff }, { "GET /a": { respond: {} } });
export default defineGateway({ routes: [routes] });
`;

describe("a password, explained on this machine", () => {
  it("is judged as in a Worker", async () => {
    const manifest = join(folder, "index.ts");
    writeFileSync(manifest, MANIFEST);
    const cost = { algorithm: "SHA-256", iterations: 10_000 } as const;
    const ADA_HASH = formatPasswordHash(await hashPassword("tea", cost, (bytes) => bytes.fill(7)));
    const script = join(import.meta.dirname, "../../../scripts/explain.ts");
    const explain = (password: string) => {
      const field = `Authorization: Basic ${Buffer.from(`ada:${password}`).toString("base64")}`;
      const args = [script, "GET", "/a", "--manifest", manifest, "-H", field];
      return spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ADA_HASH } })
        .stdout;
    };
    expect(explain("tea")).toContain("ANSWER\n  204");
    expect(explain("coffee")).toContain("401 credential-invalid");
  });
});
