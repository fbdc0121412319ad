import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { catalog, type ErrorCode } from "../../src/errors/catalog.ts";

const ROOT = join(import.meta.dirname, "../..");
const codes = Object.keys(catalog) as ErrorCode[];
const sources = globSync("src/**/*.ts", { cwd: ROOT })
  .filter((file) => !file.endsWith("errors/catalog.ts"))
  .map((file) => readFileSync(join(ROOT, file), "utf8"));

describe("the error catalog", () => {
  it("has every code that the source refuses with", () => {
    const refusing = sources.filter((source) =>
      /import .*\b(?:refuse|Refusal)\b.* from ".*refusal\.ts"/.test(source),
    );
    const used = refusing.flatMap((source) =>
      [...source.matchAll(/\b(?:refuse|new Refusal)\(\s*"([^"]+)"/g)].map(([, code]) => code),
    );
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((code) => !codes.some((known) => known === code))).toEqual([]);
  });

  it("has no code that the source does not use", () => {
    const text = sources.join("\n");
    expect(codes.filter((code) => !text.includes(`"${code}"`))).toEqual([]);
  });

  it("answers by whose fault it is", () => {
    for (const code of codes) {
      const { status, fault } = catalog[code];
      if (fault === "client") expect([code, Math.floor(status / 100)]).toEqual([code, 4]);
      else if (fault === "upstream") expect([502, 503, 504], code).toContain(status);
      else expect([500, 503, 504, 508], code).toContain(status);
    }
  });

  it("gives codes that can stand in an address, and titles that are one plain sentence each", () => {
    for (const code of codes) {
      expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
      expect(catalog[code].title).toMatch(/^[A-Z][A-Za-z' -]+$/);
    }
    expect(new Set(codes.map((code) => catalog[code].title)).size).toBe(codes.length);
  });
});

describe("docs/errors.md", () => {
  const rows = readFileSync(join(ROOT, "docs/errors.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  it("lists the catalog as it is", () => {
    const listed = rows.map(([code, status, fault, retry, title]) => [code, status, fault, retry, title]);
    const entries = codes.map((code) => {
      const { status, fault, retryable, title } = catalog[code];
      return [`\`${code}\``, String(status), fault, retryable ? "yes" : "no", title];
    });
    expect(listed).toEqual(entries);
  });

  it("says of each what the client can do", () => {
    for (const row of rows) {
      expect(row).toHaveLength(6);
      expect(row[5]).toMatch(/^[A-Z].{10,}\.$/);
    }
  });
});
