import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Built, buildFiles, type Files, ManifestFolders } from "../../support/manifests.ts";

const folders = new ManifestFolders();
const GATEWAY = 'import { defineGateway, defineRoutes } from "isogate";\n';
const ROUTES = 'import { defineRoutes } from "isogate";\n';
/** A group with one route. */
const group = (name: string) =>
  `export const ${name} = defineRoutes({}, { "GET /${name}": { access: "public", respond: {} } });\n`;

/** Manifests that cannot be read to their end, and what is said of them: `file path: reason [suggestion]`. */
const BROKEN: ReadonlyArray<readonly [name: string, files: Files, expected: readonly string[]]> = [
  [
    "a key that stands twice in one literal",
    {
      "index.ts": `${GATEWAY}export default defineGateway({ routes: [defineRoutes({}, {
  "GET /a": { access: "public", respond: {} },
  "GET /a": { access: "public", respond: { text: "x" } },
})] });`,
    },
    [
      'index.ts line 4: Duplicate key "GET /a" in object literal [The first of the two would be lost. Rename it, or make the value a list with `when`.]',
    ],
  ],
  [
    "a platform's module",
    {
      "index.ts": `import { routes } from "./routes.ts";\n${GATEWAY}export default defineGateway({ routes: [routes] });`,
      "routes.ts": `import { env } from "cloudflare:workers";\n${ROUTES}${group("routes")}console.log(env);`,
    },
    [
      'routes.ts import "cloudflare:workers": a manifest may not reach past the gateway to the platform [Use the context that functions get.]',
    ],
  ],
  [
    "Node's modules, with and without their prefix",
    {
      "index.ts": `import { readFileSync } from "node:fs";\nimport path from "path";\n${GATEWAY}console.error(typeof readFileSync, typeof path);\nexport default defineGateway({ routes: [] });`,
    },
    [
      'index.ts import "node:fs": a manifest may not reach past the gateway to the platform [Use the context that functions get.]',
      'index.ts import "path": a manifest may not reach past the gateway to the platform [Use the context that functions get.]',
    ],
  ],
  [
    "a syntax error",
    {
      "index.ts": `import { a } from "./a.ts";\n${GATEWAY}export default defineGateway({ routes: [a] });`,
      "a.ts": "export const a = ;\n",
    },
    ['a.ts line 1: does not parse: Unexpected ";"'],
  ],
  [
    "TypeScript that cannot be erased",
    {
      "index.ts": `enum Plan { Free }\n${GATEWAY}console.error(Plan.Free);\nexport default defineGateway({ routes: [] });`,
    },
    [
      "index.ts : cannot be evaluated: TypeScript enum is not supported in strip-only mode [Use erasable TypeScript only: no enums or namespaces.]",
    ],
  ],
  [
    "a module that throws: it is named, and not those that import it",
    {
      "index.ts": `import { a } from "./a.ts";\n${GATEWAY}export default defineGateway({ routes: [a] });`,
      "a.ts": `import "./b.ts";\n${ROUTES}${group("a")}`,
      "b.ts": '\n\nthrow new Error("no database here");\n',
    },
    ["b.ts line 3: cannot be evaluated: no database here"],
  ],
  [
    "a module that throws nothing to speak of",
    { "index.ts": "throw null;" },
    ["index.ts : cannot be evaluated: null"],
  ],
  [
    "a file that is not there",
    {
      "index.ts": `import { a } from "./nowhere.ts";\n${GATEWAY}export default defineGateway({ routes: [a] });`,
    },
    ['index.ts line 1: Could not resolve "./nowhere.ts"'],
  ],
  [
    "no default export",
    { "index.ts": `${GATEWAY}export const gateway = defineGateway({ routes: [] });` },
    [
      "index.ts default: the manifest's default export is not a gateway [Write: export default defineGateway({ routes: […] })]",
    ],
  ],
  [
    "a default export that is something else",
    { "index.ts": `${ROUTES}export default defineRoutes({}, {});` },
    [
      "index.ts default: the manifest's default export is not a gateway [Write: export default defineGateway({ routes: […] })]",
    ],
  ],
];

/** Manifests that are good, each in some way of its own. */
const GOOD: Readonly<Record<string, Files>> = {
  "imports JSON": {
    "index.ts": `import keys from "./keys.json" with { type: "json" };\n${GATEWAY}export default defineGateway({ routes: [defineRoutes({}, { "GET /a": { access: "public", respond: { json: keys } } })] });`,
    "keys.json": '{ "keys": [] }',
  },
  "imports in a circle": {
    "index.ts": `import { a } from "./a.ts";\n${GATEWAY}export const limit = "1s";\nexport default defineGateway({ routes: [a] });`,
    "a.ts": `import { limit } from "./index.ts";\n${ROUTES}${group("a")}export const later = () => limit;`,
  },
  "imports a type only": {
    "index.ts": `import type { Missing } from "./types.ts";\n${GATEWAY}export type Mine = Missing;\nexport default defineGateway({ routes: [] });`,
    "types.ts": "export interface Missing { readonly a: string }",
  },
  "imports a package of the repository": {
    "index.ts": `import { upstream } from "isogate";\nimport { Router } from "itty-router";\n${GATEWAY}export const app = upstream("app", { origin: Router() });\nexport default defineGateway({ routes: [] });`,
  },
};

let built: readonly Built[];

beforeAll(async () => {
  built = await folders.build(...BROKEN.map(([, files]) => files), ...Object.values(GOOD));
});
afterAll(() => folders.remove());

describe("a manifest is refused that has", () => {
  it.each(BROKEN.map(([name, , expected], index) => [name, expected, index] as const))(
    "%s",
    (_, expected, index) => {
      const lines = built[index]!.findings.map(
        ({ file, path, reason, suggestion }) =>
          `${file} ${path}: ${reason}${suggestion === undefined ? "" : ` [${suggestion}]`}`,
      );
      expect(lines).toEqual(expected);
    },
  );
});

describe("a manifest is taken that", () => {
  it.each(Object.keys(GOOD).map((name, index) => [name, BROKEN.length + index] as const))(
    "%s",
    (_, index) => {
      expect(built[index]!.findings).toEqual([]);
    },
  );
});

describe("an import without its ending", () => {
  it("is named, with what to write", async () => {
    const [only] = await folders.build({
      "index.ts": `import { a } from "./a";\n${GATEWAY}export default defineGateway({ routes: [a] });`,
      "a.ts": `${ROUTES}${group("a")}`,
    });
    expect(only?.findings).toEqual([
      {
        file: "index.ts",
        path: "",
        reason: expect.stringMatching(/^cannot be evaluated: Cannot find module/),
        suggestion: 'Relative imports carry their ending: import … from "./orders.ts"',
      },
    ]);
  });
});

describe("a manifest that is not there", () => {
  it("is a finding, not a stack trace", async () => {
    const folder = await folders.write({});
    const [only] = await buildFiles([`${folder}/nowhere/index.ts`]);
    expect(only?.findings).toMatchObject([{ reason: expect.stringContaining("Could not resolve") }]);
  });
});
