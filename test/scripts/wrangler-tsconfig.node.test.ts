import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));

const { paths } = read("scripts/wrangler.tsconfig.json").compilerOptions as {
  paths: Readonly<Record<string, readonly string[]>>;
};

/** The file that a manifest outside the repository gets, from the repository's root. */
function mapped(specifier: string): string | undefined {
  const name = /^hono\/(.*)/.exec(specifier)?.[1];
  const candidates = name === undefined ? paths[specifier] : paths["hono/*"];
  return candidates
    ?.map((candidate) => join("scripts", candidate.replace("*", name ?? "")))
    .find((file) => existsSync(join(ROOT, file)));
}

// A second copy of a module would be another class to `instanceof`, and bytes for nothing.
it("a manifest elsewhere imports the very files that one within the repository does", () => {
  const exported = Object.entries(
    read("node_modules/hono/package.json").exports as Record<string, { import?: string }>,
  ).filter(([name]) => !name.includes("*"));
  const differing = exported.flatMap(([name, { import: file = "" }]) => {
    const specifier = join("hono", name);
    const found = mapped(specifier);
    return found === undefined || found === join("node_modules/hono", file) ? [] : [specifier];
  });
  expect(differing).toEqual([]);
  for (const name of ["hono", "hono/csrf", "hono/validator", "hono/http-exception", "hono/cookie"]) {
    expect(mapped(name), name).toMatch(/^node_modules\/hono\/dist\//);
  }
  for (const name of ["isogate", "itty-router", "zod"]) {
    expect(join(ROOT, mapped(name) ?? ""), name).toBe(fileURLToPath(import.meta.resolve(name)));
  }
});
