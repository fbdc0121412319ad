import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { entrySource, reportSource } from "../../../src/manifest/compiler/entry.ts";
import { OBJECTS } from "../../../src/manifest/compiler/objects.ts";
import { apiKey, defineGateway, defineRoutes, jwt, upstream } from "../../../src/manifest/index.ts";
import { type Files, ManifestFolders } from "../../support/manifests.ts";
import { build, manifestOf } from "./judge.ts";

const folders = new ManifestFolders();
afterAll(() => folders.remove());

/** The imports of an entry: what is imported, without where from. */
function imported(entry: string): string[] {
  return [...entry.matchAll(/^import (.+) from "(.+)";$/gm)].map(([, clause, from]) => {
    return clause!.startsWith("*") ? `* from ${from!.split("/").at(-1)}` : clause!;
  });
}

function entryOf(gateway: unknown): string {
  const { compiled, findings } = build(manifestOf(gateway));
  expect(findings).toEqual([]);
  return entrySource(compiled, { out: "/out/entry.ts", development: false, upstash: false });
}

describe("the generated entry", () => {
  it("imports the policies, actions and credentials that the manifest uses, and no others", () => {
    const plain = defineRoutes({}, { "GET /a": { access: "public", respond: { text: "x" } } });
    expect(imported(entryOf(defineGateway({ routes: [plain] })))).toEqual([
      "{ createWorker }",
      "{ create as policy_access }",
      "{ create as action_respond }",
    ]);
    const api = upstream("api", { origin: "https://api.example" });
    const token = jwt({ issuers: { issuer: "x", audience: "a", keys: { upstream: api, path: "/" } } });
    const full = defineRoutes(
      { access: token, rateLimit: { limit: 1, window: "1m" } },
      { "GET /a": { forward: { upstream: api } } },
    );
    const entry = entryOf(defineGateway({ defaults: { securityHeaders: true }, routes: [full] }));
    expect(imported(entry).toSorted()).toEqual([
      "* from counters.ts",
      "{ create as action_forward }",
      "{ create as action_respond }",
      "{ create as credential_jwt }",
      "{ create as policy_access }",
      "{ create as policy_rateLimit }",
      "{ create as policy_securityHeaders }",
      "{ createWorker }",
    ]);
  });

  it("has the parts that the manifest uses; other objects are there in name only", () => {
    const of = (entry: string) => ({
      parts: /parts: \{ ?(.*?) ?\},/.exec(entry)?.[1],
      objects: [...entry.matchAll(/^export \{ (\w+) \} from/gm)].map(([, name]) => name),
      unused: [...entry.matchAll(/^export \{ UnusedObject as (\w+) \} from/gm)].map(([, name]) => name),
    });
    const always = ["RefusalsObject", "SigningKeyObject"];
    const plain = defineGateway({
      routes: [defineRoutes({}, { "GET /a": { access: "public", respond: { text: "x" } } })],
    });
    expect(of(entryOf(plain))).toEqual({
      parts: "",
      objects: always,
      unused: [
        "BlocksObject",
        "ConsumersObject",
        "LimiterObject",
        "MeterIndexObject",
        "MetersObject",
        "NoncesObject",
        "PermitsObject",
        "QuotasObject",
        "SessionsObject",
        "SignalsObject",
      ],
    });

    const bound = { issuers: { issuer: "x", audience: "a", keys: { url: "https://x.example/jwks" } } };
    const proved = jwt({ ...bound, proofOfPossession: "dpop" });
    const full = defineRoutes(
      { rateLimit: { limit: 1, window: "1m" } },
      {
        "GET /a": { access: { anyOf: [apiKey({ prefix: "x" }), proved] }, respond: {} },
        "GET /b": { access: jwt(bound), block: { deny: ["abuse"] }, respond: {} },
      },
    );
    expect(of(entryOf(defineGateway({ routes: [full] })))).toEqual({
      parts: "blocks: part_blocks, consumers: part_consumers, counters: part_counters, nonces: part_nonces",
      objects: ["BlocksObject", "ConsumersObject", "LimiterObject", "NoncesObject", ...always],
      unused: [
        "MeterIndexObject",
        "MetersObject",
        "PermitsObject",
        "QuotasObject",
        "SessionsObject",
        "SignalsObject",
      ],
    });
  });

  it("sheds load only where an upstream does", () => {
    const entryWith = (options: object) => {
      const origin = upstream("origin", { origin: "https://origin.example", ...options });
      const routes = [defineRoutes({}, { "GET /a": { access: "public", forward: { upstream: origin } } })];
      return entryOf(defineGateway({ routes }));
    };
    expect(entryWith({})).not.toContain("src/shedding/");
    expect(entryWith({ shed: {} })).toContain("src/shedding/shed.ts");
  });

  it("limits what goes to upstreams at once, and has permits, only where one says so", () => {
    const entryWith = (options: object) => {
      const origin = upstream("origin", { origin: "https://origin.example", ...options });
      const routes = [defineRoutes({}, { "GET /a": { access: "public", forward: { upstream: origin } } })];
      return entryOf(defineGateway({ routes }));
    };
    expect(entryWith({})).not.toMatch(/src\/concurrency\/|part_permits|permits-object/);
    const entry = entryWith({ concurrency: { limit: 5 } });
    expect(entry).toContain("src/concurrency/upstream-limit.ts");
    expect(entry).toContain("permits: part_permits");
    expect(entry).toContain('export { PermitsObject } from "');
  });

  it("tells that an upstream has too much to do only where one says so, and by the name of who is told", () => {
    const operations = upstream("operations", { origin: "https://operations.example" });
    const entryWith = (options: object) => {
      const shop = upstream("shop", { origin: "https://shop.example", ...options });
      const routes = [defineRoutes({}, { "GET /a": { access: "public", forward: { upstream: shop } } })];
      return entryOf(defineGateway({ routes }));
    };
    expect(entryWith({})).not.toMatch(/parts\/signals|signals-object/);
    const signals = { to: { upstream: operations, path: "/hooks" }, above: { inFlight: 100 } };
    const entry = entryWith({ signals });
    expect(entry).toContain("signals: part_signals");
    expect(entry).toContain('export { SignalsObject } from "');
    const [, json = ""] = /^ {2}upstreams: (.*),$/m.exec(entry) ?? [];
    const upstreams = JSON.parse(json) as Record<string, string>;
    expect(Object.keys(upstreams).toSorted()).toEqual(["operations", "shop"]);
    expect(JSON.parse(upstreams.shop!)).toMatchObject({
      signals: { to: { upstream: "operations", path: "/hooks" }, above: { inFlight: 100 }, for: 30_000 },
    });
  });

  it("has every part where a test asks for all", () => {
    const routes = [defineRoutes({}, { "GET /a": { access: "public", respond: {} } })];
    const { compiled } = build(manifestOf(defineGateway({ routes })));
    const entry = entrySource(compiled, {
      out: "/out/entry.ts",
      development: true,
      upstash: false,
      whole: true,
    });
    expect(entry).not.toContain("UnusedObject");
    expect(entry).toContain("sessions: part_sessions");
  });

  it("imports a rule's credential though no route names it", () => {
    const token = jwt({ issuers: { issuer: "x", audience: "a", keys: { url: "https://x.example/jwks" } } });
    const routes = [defineRoutes({}, { "GET /a": { access: "public", respond: {} } })];
    expect(imported(entryOf(defineGateway({ require: [{ match: "/*", access: token }], routes })))).toContain(
      "{ create as credential_jwt }",
    );
  });

  it("imports only the modules that bear functions, each once", async () => {
    const head = 'import { defineRoutes } from "isogate";\n';
    const files: Files = {
      "index.ts": `import { data } from "./data.ts";\nimport { fns } from "./functions.ts";\nimport { defineGateway } from "isogate";\nexport default defineGateway({ routes: [data, fns] });`,
      "data.ts": `${head}export const data = defineRoutes({}, { "GET /a": { access: "public", respond: {} } });`,
      "functions.ts": `${head}import { one } from "./lib/one.ts";\nexport const fns = defineRoutes({ access: "public" }, { "GET /b": { handler: one }, "GET /c": { handler: () => ({}) }, "GET /d": { handler: one } });`,
      "lib/one.ts": "export const one = () => ({});",
    };
    const [built] = await folders.build(files);
    expect(imported(built!.entry).filter((clause) => clause.startsWith("*"))).toEqual([
      "* from one.ts",
      "* from functions.ts",
    ]);
    expect(built!.entry).toContain(
      'values: [module_0["one"], module_1["fns"]["routes"]["GET /c"]["handler"]],',
    );
  });

  it("holds the routes as JSON strings, whatever stands in them", () => {
    const text = "</script>\"'`\\\u2028\n";
    const routes = [defineRoutes({}, { "GET /a": { access: "public", respond: { text } } })];
    const entry = entryOf(defineGateway({ routes }));
    const [, literal] = /routes: \[\n\s+("[^\n]*"),\n\s+\]/.exec(entry) ?? [];
    const route = JSON.parse(JSON.parse(literal!));
    expect(route).toMatchObject({ id: "GET /a", action: ["respond", { body: text }] });
  });

  it("names the stores, and the Upstash client only where it is to be bundled", () => {
    const routes = [defineRoutes({}, { "GET /a": { access: "public", respond: {} } })];
    const { compiled } = build(manifestOf(defineGateway({ routes, stores: { counters: "memory" } })));
    const options = { out: "/out/entry.ts", development: true, upstash: true };
    expect(entrySource(compiled, options)).toContain("createUpstashStore");
    expect(entrySource(compiled, { ...options, upstash: false })).not.toContain("createUpstashStore");
    expect(entrySource(compiled, options)).toContain('stores: {"counters":"memory","responses":"cache-api"}');
    expect(entrySource(compiled, options)).toContain("development: true");
  });
});

describe("the entry of a broken manifest", () => {
  it("answers every request with the report, as it is", async () => {
    const report = '1. index.ts  GET /a → `x` "quoted" \u2028\n';
    const source = reportSource(report);
    const worker = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`);
    const answer: Response = worker.default.fetch();
    expect(answer.status).toBe(500);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.text()).toBe(report);
    // Whatever the configuration names must be there, or wrangler refuses to serve the report.
    const configuration = readFileSync(join(import.meta.dirname, "../../../wrangler.toml"), "utf8");
    const objects = [...configuration.matchAll(/^\[exports\.(\w+)\]/gm)].map(([, name]) => name!);
    expect(objects.toSorted()).toEqual(OBJECTS.map(({ name }) => name));
    for (const name of objects) expect([name, typeof worker[name]]).toEqual([name, "function"]);
  });
});
