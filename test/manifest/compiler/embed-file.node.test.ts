import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embedFile } from "../../../src/manifest/compiler/embed-file.ts";
import { type Finding, Findings } from "../../../src/manifest/compiler/finding.ts";
import { ManifestFile } from "../../../src/schema/manifest-file.ts";
import { ManifestFolders } from "../../support/manifests.ts";

const outer = mkdtempSync(join(tmpdir(), "isogate-embed-"));
const folder = join(outer, "routes");
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 255]);

beforeAll(async () => {
  await mkdir(join(folder, "orders/mocks"), { recursive: true });
  writeFileSync(join(outer, "secret.json"), "{}");
  writeFileSync(join(folder, "product.json"), '{"name":"Kännchen"}\n');
  writeFileSync(join(folder, "bom.txt"), "\uFEFFtea");
  writeFileSync(join(folder, "picture.png"), PNG);
  writeFileSync(join(folder, "broken.json"), "{");
  writeFileSync(join(folder, "latin.json"), Buffer.from('"\xe9"', "latin1"));
  writeFileSync(join(folder, "large.txt"), "x".repeat(1_000_001));
  writeFileSync(join(folder, "fits.txt"), "x".repeat(1_000_000));
  writeFileSync(join(folder, "orders/mocks/order.json"), "{}");
  symlinkSync(join(outer, "secret.json"), join(folder, "link.json"));
  symlinkSync(join(folder, "product.json"), join(folder, "alias.json"));
  symlinkSync(join(folder, "nothing"), join(folder, "dangling.json"));
});
afterAll(() => rm(outer, { recursive: true }));

function embed(path: string) {
  const found: Finding[] = [];
  const content = embedFile(
    new ManifestFile(path),
    folder,
    new Findings(found, "orders/index.ts", ["GET /x"]),
  );
  return { content, found: found.map(({ reason, suggestion }) => `${reason} [${suggestion}]`) };
}

describe("a file that a route answers with", () => {
  it.each<[string, unknown]>([
    ["./product.json", '{"name":"Kännchen"}\n'],
    ["alias.json", '{"name":"Kännchen"}\n'],
    ["bom.txt", "\uFEFFtea"],
    ["orders/../product.json", '{"name":"Kännchen"}\n'],
    ["picture.png", { base64: PNG.toString("base64") }],
  ])("is embedded byte for byte: %s", (path, content) => {
    expect(embed(path)).toEqual({ content, found: [] });
  });

  it("has at most a million bytes", () => {
    expect(embed("fits.txt").content).toHaveLength(1_000_000);
    expect(embed("large.txt").found).toEqual([
      'the file "large.txt" has 1000001 bytes; at most 1000000 can be embedded [Forward to where it is kept.]',
    ]);
  });

  it.each([
    ["./prodct.json", 'is not there [Did you mean "product.json"?]'],
    ["./nowhere/at/all.json", "is not there [Paths begin at the manifest's folder.]"],
    [
      "./mocks/order.json",
      'is not there [Paths begin at the manifest\'s folder: write "./orders/mocks/order.json".]',
    ],
    ["dangling.json", "is not there"],
    ["product.json/deeper.json", "is not there"],
    ["../secret.json", "is outside the manifest's folder"],
    ["link.json", "is outside the manifest's folder"],
    ["orders", "is a folder"],
    ["broken.json", "is no JSON"],
    ["latin.json", "is no JSON: not UTF-8"],
  ])("is refused: %s", (path, reason) => {
    const { content, found } = embed(path);
    expect(content).toBeUndefined();
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`the file "${path}" ${reason}`);
  });
});

describe("the build", () => {
  const folders = new ManifestFolders();
  afterAll(() => folders.remove());
  const index = (file: string) => `
    import { defineGateway, defineRoutes } from "isogate";
    const routes = defineRoutes({ access: "public" }, {
      "GET /a": { respond: { file: "${file}" } },
      "GET /b": { respond: { text: "b", examples: { other: { file: "${file}" } } } },
    });
    export default defineGateway({ routes: [routes] });`;

  it("embeds files, and its fingerprint holds them", async () => {
    const file = "./mocks/a.json";
    const [first, same, other] = await folders.build(
      { "index.ts": index(file), "mocks/a.json": '{"tea":1}' },
      { "index.ts": index(file), "mocks/a.json": '{"tea":1}' },
      { "index.ts": index(file), "mocks/a.json": '{"tea":2}' },
    );
    expect([first?.findings, other?.findings]).toEqual([[], []]);
    expect(first?.entry.split("tea")).toHaveLength(3);
    expect(first?.hash).toBe(same?.hash);
    expect(other?.hash).not.toBe(first?.hash);
  });

  it("says of every route which file it cannot have", async () => {
    const [built] = await folders.build({ "index.ts": index("./a.json") });
    expect(built?.findings.map(({ file, path, reason }) => [file, path, reason])).toEqual([
      ["index.ts", "GET /a", 'the file "./a.json" is not there'],
      ["index.ts", "GET /b", 'the file "./a.json" is not there'],
    ]);
  });
});
