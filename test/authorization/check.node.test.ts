import { describe, expect, it } from "vitest";
import { compose, jwt, upstream } from "../../src/manifest/index.ts";
import { mistakesIn, mistakes as mistakesOf } from "../manifest/compiler/judge.ts";

const token = jwt({
  issuers: {
    issuer: "https://issuer.example",
    audience: "api",
    keys: { url: "https://issuer.example/jwks" },
  },
});
const pdp = upstream("pdp", { origin: "https://pdp.example" });

function mistakes(rules: unknown, route: object = {}, key = "GET /orders/:id"): string[] {
  const found = mistakesIn({ [key]: { access: token, respond: {}, authorize: { rules }, ...route } });
  return found.map((line) => line.replace(`${key} → authorize.`, ""));
}

describe("the check of rules", () => {
  it("finds nothing wrong with good ones", () => {
    const rules = [
      { deny: true, when: "request.params.id == identity.claims.banned" },
      { allow: true, methods: ["GET"], scopes: ["read"], roles: ["a"], claims: { org: ["tea", 1, true] } },
      { ask: { upstream: pdp, path: "/v1/data/allow", input: { id: "request.params.id" } } },
    ];
    expect(mistakes(rules)).toEqual([]);
    expect(mistakes([{ allow: true, when: 'request.method == "GET"' }], { access: "public" })).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    [
      "an unknown name",
      { allow: true, when: 'identity.role has "a"' },
      'rules.0.when: there is no "identity.role" at character 1. Did you mean "identity.roles"?',
    ],
    [
      "an unknown key",
      { allow: true, role: ["a"] },
      'rules.0.role: unknown key "role" [Did you mean "roles"?]',
    ],
    ["no effect", { when: "true" }, "rules.0: says one of allow: true, deny: true and ask: {…}"],
    ["two effects", { allow: true, deny: true }, "rules.0: says one of allow: true, deny: true and ask: {…}"],
    [
      "a parameter of another path",
      { allow: true, when: 'request.params.user == "a"' },
      "rules.0: request.params.user: the path has no such parameter",
    ],
    [
      "a misspelt parameter",
      { allow: true, when: 'request.params.ids == "a"' },
      'rules.0: request.params.ids: the path has no such parameter [Did you mean "id"?]',
    ],
    ["an unknown method", { allow: true, methods: ["get"] }, "rules.0.methods.0"],
    ["no scope", { allow: true, scopes: [] }, "rules.0.scopes"],
    ["a claim that is an object", { allow: true, claims: { a: {} } }, "rules.0.claims.a"],
    [
      "an input that there is not",
      { ask: { upstream: pdp, path: "/a", input: { u: "identity.sub" } } },
      'rules.0.ask.input.u: there is no "identity.sub"',
    ],
    [
      "no input",
      { ask: { upstream: pdp, path: "/a", input: {} } },
      "rules.0.ask.input: tells the service nothing",
    ],
    [
      "a path with a query",
      { ask: { upstream: pdp, path: "/a?b", input: { u: "identity.id" } } },
      "rules.0.ask.path: is no path",
    ],
    [
      "a key that is no input",
      {
        ask: { upstream: pdp, path: "/a", input: { user: "identity.id" }, cache: { ttl: "1m", by: ["usr"] } },
      },
      'rules.0.ask.cache.by.0: is no name of input. Did you mean "user"?',
    ],
    [
      "a cache without end",
      { ask: { upstream: pdp, path: "/a", input: { u: "identity.id" }, cache: { ttl: "1h" } } },
      "rules.0.ask.cache.ttl: must be at most 5m",
    ],
    [
      "a field of the gateway's own",
      { ask: { upstream: pdp, path: "/a", input: { u: "identity.id" }, toOrigin: ["X-Identity-Id"] } },
      "rules.0.ask.toOrigin.0: is the gateway's own to set",
    ],
    [
      "a name that reads like another",
      { ask: { upstream: pdp, path: "/a", input: { u: "identity.id" }, toOrigin: ["x_a"] } },
      "rules.0.ask.toOrigin.0: is no such name",
    ],
  ])("finds %s", (_, rule, expected) => {
    const [found, ...others] = mistakes([rule]);
    expect(found?.slice(0, expected.length)).toBe(expected);
    expect(others).toEqual([]);
  });

  it("finds rules about callers where nobody is identified", () => {
    const lines = mistakes(
      [
        { allow: true, roles: ["staff"] },
        { deny: true, when: 'not (identity.subject == "x")' },
        { ask: { upstream: pdp, path: "/a", input: { u: "identity.id" } } },
      ],
      { access: "public" },
    );
    const advice = "nobody is identified on a public route [Give the route a credential as its access.]";
    expect(lines).toEqual([
      `rules.0: identity.roles: ${advice}`,
      `rules.1: identity.subject: ${advice}`,
      `rules.2.ask.input.u: identity.id: ${advice}`,
    ]);
    const onTrial = { access: { rule: token, mode: "report", meanwhile: "public" } };
    expect(mistakes([{ allow: true, roles: ["staff"] }], onTrial)).toHaveLength(1);
  });

  it("finds rules where no rule of the gateway takes them: they would be lost", () => {
    const rule = { match: "/*", access: token, authorize: { rules: [{ allow: true }] } };
    expect(mistakesOf({ require: [rule], routes: [] })).toEqual([
      'require → 0.authorize: unknown key "authorize"',
    ]);
    const { authorize: _, ...plain } = rule;
    expect(mistakesOf({ require: [{ ...plain, access: token({ scopes: ["a"] }) }], routes: [] })).toEqual([]);
  });

  it("finds rules that are never asked", () => {
    expect(mistakes([{ allow: true }, { deny: true, when: "true" }])).toEqual([
      "rules.1: is never asked: rules.0 has no conditions, so it decides every request",
    ]);
    expect(mistakes([{ allow: true, methods: ["GET"] }, { deny: true }])).toEqual([]);
  });

  it("finds what would be stored for others though it is about one caller", () => {
    const ask = { upstream: pdp, path: "/a", input: { u: "identity.id" }, toOrigin: ["x-tenant"] };
    expect(mistakes([{ ask }], { cache: { ttl: "1m", key: { identity: true } } })).toEqual([
      "rules.0.ask.toOrigin: would decide a response that is cached for others [Leave it out, or take the cache from this route.]",
    ]);
    const { toOrigin: _, ...alone } = ask;
    expect(mistakes([{ ask: alone }], { cache: { ttl: "1m", key: { identity: true } } })).toEqual([]);
  });

  it("looks at what routes take from their group", () => {
    const authorize = { rules: [{ allow: true, when: 'request.params.org == "tea"' }] };
    const routes = { "GET /:org": { access: token, respond: {} }, "GET /x": { access: token, respond: {} } };
    expect(mistakesIn(routes, { authorize })).toEqual([
      "GET /x → authorize.rules.0: request.params.org: the path has no such parameter",
    ]);
  });

  it("counts what is asked among the subrequests of a route", () => {
    const step = { upstream: pdp, path: "/" };
    const steps = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`s${index}`, step]));
    const { respond: _, ...route } = { respond: undefined, compose: compose(steps as never) };
    const ask = { upstream: pdp, path: "/a", input: { u: "identity.id" } };
    const count = (rules: unknown) =>
      mistakesIn({ "GET /x": { access: token, authorize: { rules }, ...route } }).map(
        (line) => line.split(";")[0],
      );
    expect(count([{ allow: true }])).toEqual([]);
    const { length } = count([{ allow: true, roles: ["a"] }, { ask }]);
    expect([length, count([{ ask }])]).toEqual([1, ["GET /x: may make 51 subrequests"]]);
  });

  it("finds a mistake, and does not break, whatever is written", () => {
    const good = {
      rules: [
        {
          deny: true,
          methods: ["GET"],
          scopes: ["a"],
          roles: ["b"],
          claims: { c: ["d"] },
          when: "true",
          reason: "e",
        },
        {
          ask: {
            upstream: pdp,
            path: "/a",
            input: { u: "identity.id" },
            cache: { ttl: "1m", by: ["u"] },
            toOrigin: ["x-a"],
          },
        },
      ],
      mode: "report",
    };
    expect(written(good)).toEqual([]);
    const paths = pathsIn(good);
    expect(paths.length).toBeGreaterThan(25);
    for (const path of paths) {
      for (const nonsense of [null, 7, {}, [], [null], "", "\u0000", () => 1, { toString: {} }]) {
        const lines = written(put(good, path, nonsense));
        // A map of nothing, and a text where any text may be, are well.
        if (lines.length === 0) expect([path.join("."), nonsense]).toSatisfy(isWell);
      }
    }
  });
});

const written = (authorize: unknown) =>
  mistakesIn({ "GET /orders": { access: token, respond: {}, authorize } });

function isWell([path, nonsense]: [string, unknown]): boolean {
  const anyText = /(?:scopes|roles|reason|claims\.c)(?:\.0)?$/.test(path) && typeof nonsense === "string";
  const anyValue = /claims\.c(?:\.0)?$/.test(path) && ["string", "number"].includes(typeof nonsense);
  const none = /(?:claims|toOrigin)$/.test(path) && Object.keys(nonsense as object).length === 0;
  return anyText || anyValue || none;
}

function pathsIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null || value === pdp) return [[...path]];
  const below = Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]));
  return path.length === 0 ? below : [[...path], ...below];
}

function put(value: unknown, [key, ...rest]: readonly string[], nonsense: unknown): unknown {
  if (key === undefined) return nonsense;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const members = copy as Record<string, unknown>;
  members[key] = put(members[key], rest, nonsense);
  return copy;
}
