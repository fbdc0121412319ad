import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFindings } from "../../../src/manifest/compiler/finding.ts";
import { allOf, anyOf, compose, env, jwt, secret, service, upstream } from "../../../src/manifest/index.ts";
import { build, manifestOf } from "./judge.ts";

/** A manifest in which everything stands that there is. Made anew for each run, as runs break it. */
function everything(): { kind: string; options: unknown } {
  const api = upstream("api", { origin: "https://api.example/base", timeout: "1s" });
  const app = upstream("app", { origin: { fetch: () => new Response() } });
  const token = jwt({
    issuers: [
      {
        issuer: "https://a.example",
        audience: ["a"],
        keys: { upstream: api, path: "/jwks" },
        type: "at+jwt",
      },
      {
        issuer: "https://b.example",
        audience: "b",
        keys: { secret: secret("SESSION_SECRET") },
        algorithms: ["HS256"],
      },
    ],
    tolerance: "1s",
  });
  const steps = {
    a: { upstream: api, path: "/a/{params.id}", pick: ["x.y"], passStatus: [404] },
    b: {
      upstream: app,
      path: "/b?c={a.x}",
      headers: { "x-a": "{identity.id}" },
      optional: true,
      fallback: [{ a: 1 }],
    },
    c: { route: "/v1/plain", method: "GET", query: { q: "{query.q}" }, target: "x", rename: { a: "b" } },
  } as const;
  return {
    kind: "gateway",
    options: {
      defaults: {
        deadline: "10s",
        bodyLimit: "1MB",
        securityHeaders: true,
        cors: { origins: ["https://a.example"] },
      },
      require: [{ match: "/v1/admin/*", access: allOf(token({ scopes: ["admin"] }), token) }],
      stores: { counters: "memory", responses: "memory" },
      workersPlan: "paid",
      routes: [
        {
          kind: "routes",
          group: {
            prefix: "/v1",
            access: anyOf(token, token({ claims: { org: ["x"] } })),
            rateLimit: { limit: 1, window: "1m" },
          },
          routes: {
            "GET /plain": {
              summary: "x",
              access: "public",
              respond: { status: 200, headers: { "x-a": "1" }, json: { a: [1] } },
            },
            "GET /moved/:id": { redirect: { to: "/v1/{params.id}", status: 301, keepQuery: true } },
            "POST /handled": {
              handler: () => ({}),
              hooks: { request: () => undefined, error: () => undefined },
            },
            "GET /all/:id": { compose: compose(steps, { merge: (parts) => parts, partial: "deny" }) },
            "GET /variants": [
              {
                when: { host: "a.example", header: { "x-a": true }, content: "image/*" },
                forward: { upstream: app },
              },
              {
                forward: { upstream: api, path: "/x/{identity.claims.org}?q={query.q}", timeout: "1s" },
                headers: { request: { set: { "x-b": "{headers.x-b}" }, remove: ["x-c"] } },
                rateLimit: [
                  { limit: 1, window: "1s", by: ["address"] },
                  { limit: 2, window: "1m", name: "two" },
                ],
                cache: {
                  ttl: "1m",
                  key: { headers: ["x-b"], query: ["q"], identity: true },
                  tags: ["{query.q}"],
                },
              },
            ],
          },
        },
      ],
    },
  };
}

type Path = ReadonlyArray<string>;

/** The paths of all values below, credentials' and functions' own properties included. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return [path];
  return [path, ...Object.keys(value).flatMap((key) => pathsOf(value[key as never], [...path, key]))];
}

function replace(root: object, path: Path, value: unknown): void {
  const [last, ...rest] = path.toReversed();
  let inner: unknown = root;
  for (const key of rest.toReversed()) {
    if ((typeof inner !== "object" && typeof inner !== "function") || inner === null) return;
    inner = inner[key as never];
  }
  if ((typeof inner !== "object" && typeof inner !== "function") || inner === null || last === undefined)
    return;
  Reflect.set(inner, last, value);
}

class Instance {
  member = () => undefined;
}

const PATHS = pathsOf(everything());

describe("a manifest of nonsense", () => {
  const nonsense = fc.oneof(
    fc.constantFrom<unknown>(
      ...[
        null,
        undefined,
        0,
        -1,
        Number.NaN,
        1n,
        true,
        "",
        " ",
        "{",
        "{params.",
        "/",
        "//",
        "\u0000",
        [],
        [null],
        {},
      ],
      ...[() => undefined, Symbol("x"), new Date(), new Map(), new Instance(), Object.create(null), /x/],
      ...[
        { kind: "upstream" },
        { kind: "routes" },
        { $env: "X" },
        { service: 5 },
        { fetch: 1 },
        { anyOf: [] },
      ],
      ...[
        { allOf: [null] },
        { kind: "compose" },
        { kind: "compose", steps: {}, options: {} },
        { template: [["x"]] },
      ],
      ...[
        service("X"),
        env("X"),
        secret("X"),
        upstream("x", {} as never),
        Object.assign(() => {}, { kind: "credential" }),
      ],
    ),
    fc.string(),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const change = fc.tuple(fc.constantFrom(...PATHS), nonsense);

  it("is a good one to begin with", () => {
    expect(build(manifestOf(everything())).findings).toEqual([]);
    expect(PATHS.length).toBeGreaterThan(150);
  });

  it("yields findings or none, never an exception", () => {
    let broken = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const gateway = everything();
        for (const [path, value] of changes) replace(gateway, path, value);
        const { findings } = build(manifestOf(gateway));
        expect(formatFindings(findings)).toContain("in the manifest");
        for (const { reason, file } of findings)
          expect([typeof reason, typeof file]).toEqual(["string", "string"]);
        if (findings.length > 0) broken++;
      }),
      { numRuns: 400 },
    );
    expect(broken).toBeGreaterThan(200);
  });

  it("is told apart from a manifest wherever a single value is null", () => {
    for (const path of PATHS) {
      const gateway = everything();
      replace(gateway, path, null);
      build(manifestOf(gateway));
    }
  });
});
