import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { actions } from "../src/actions/registry.ts";
import { credentials } from "../src/identity/credentials/registry.ts";
import { actionFile, credentialFile, policyFile, policyFiles } from "../src/manifest/compiler/files.ts";
import { policies } from "../src/policies/registry.ts";

const SRC = join(import.meta.dirname, "../src");
const TEST = import.meta.dirname;

/**
 * Where a folder or file of src/ stands. A module may import values from its own folder and from lower levels;
 * what is listed together does not know each other. Type-only imports are free.
 */
const LEVELS: ReadonlyArray<readonly string[]> = [
  // Contracts: types only, but for constructors of declarations.
  ["env.ts", "errors", "context.ts", "deps.ts", "identity/identity.ts", "upstream/declare.ts"],
  ["http", "references", "observe"],
  ["schema", "match", "calendar", "leases", "budget.ts", "generations.ts"],
  ["stores", "limits", "cache", "streams"],
  ["blocking", "quotas", "concurrency", "shedding", "metering", "signals"],
  ["identity"],
  ["authorization"],
  ["upstream"],
  ["phases.ts", "keyed.ts"],
  ["functions"],
  ["policies", "actions"],
  ["plan.ts", "request-context.ts"],
  ["find-route.ts"],
  ["gateway.ts", "admin"],
  ["parts"],
  ["manifest"],
  ["runtime.ts"],
  ["explain"],
  ["index.ts"],
];

function levelOf(file: string): number {
  const exact = LEVELS.findIndex((names) => names.includes(file));
  return exact >= 0 ? exact : LEVELS.findIndex((names) => names.includes(file.split("/")[0]!));
}

/** Modules whose values a file imports or re-exports, relative to src/. */
function imports(file: string): string[] {
  const source = readFileSync(join(SRC, file), "utf8");
  const statements = source.matchAll(/^(?:import|export)\s([^;]*?)from\s+"(\.[^"]+)"/gm);
  return [...statements].flatMap(([, clause = "", target = ""]) => {
    const names = /^\{([^}]*)\}\s*$/s
      .exec(clause)?.[1]
      ?.split(",")
      .filter((name) => name.trim() !== "");
    const typesOnly = clause.startsWith("type ") || names?.every((name) => name.trim().startsWith("type "));
    return typesOnly ? [] : [relative(SRC, join(SRC, dirname(file), target))];
  });
}

const files = globSync("**/*.ts", { cwd: SRC }).map((file) => file.replaceAll("\\", "/"));

describe("the tree", () => {
  it("has a level for every file", () => {
    expect(files.filter((file) => levelOf(file) < 0)).toEqual([]);
  });

  it("imports values one way only", () => {
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((target) => {
          const sameFolder = target.split("/")[0] === file.split("/")[0];
          return !sameFolder && levelOf(target) >= levelOf(file);
        })
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps the road free of build code and zod", () => {
    const reached = new Set<string>();
    const visit = (file: string) => {
      if (reached.has(file)) return;
      reached.add(file);
      imports(file).forEach(visit);
    };
    visit("index.ts");
    const build = [...reached].filter((file) => file.startsWith("manifest/compiler/"));
    expect(build).toEqual([]);
    for (const file of reached) {
      expect(readFileSync(join(SRC, file), "utf8"), file).not.toMatch(/^import (?!type)[^;]*from "zod"/m);
    }
  });

  it("has no file of 400 lines", () => {
    const long = files.filter((file) => readFileSync(join(SRC, file), "utf8").split("\n").length >= 400);
    expect(long).toEqual([]);
  });
});

describe("registries, files and tests", () => {
  it("agree on policies", () => {
    const registered = Object.keys(policies).map((name) => policyFile(name).file);
    expect(
      policyFiles()
        .map((file) => join(SRC, "policies", file))
        .sort(),
    ).toEqual(registered.sort());
  });

  it("agree on actions", () => {
    for (const name of Object.keys(actions)) expect(existsSync(actionFile(name)), name).toBe(true);
    const folders = new Set(
      files.filter((file) => /^actions\/[^/]+\//.test(file)).map((file) => file.split("/")[1]),
    );
    expect([...folders].sort()).toEqual(Object.keys(actions).sort());
  });

  it("agree on credentials", () => {
    for (const name of Object.keys(credentials)) expect(existsSync(credentialFile(name)), name).toBe(true);
  });

  it("have a test each", () => {
    const modules = [
      ...Object.keys(policies).map((name) => policyFile(name).file),
      ...Object.keys(actions).map(actionFile),
      ...Object.keys(credentials).map(credentialFile),
    ];
    const untested = modules
      .map((file) => relative(SRC, file).replace(/\.ts$/, ""))
      .filter((name) => !["test", "node.test"].some((kind) => existsSync(join(TEST, `${name}.${kind}.ts`))));
    expect(untested).toEqual([]);
  });
});
