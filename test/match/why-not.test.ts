import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LENIENT } from "../../src/match/path-policy.ts";
import { parseRouteKey } from "../../src/match/pattern.ts";
import { createRouter } from "../../src/match/router.ts";
import { buildTrie } from "../../src/match/trie.ts";
import { accepts, acceptsBody } from "../../src/match/when.ts";
import { type AskedRoute, type Contender, whyNot } from "../../src/match/why-not.ts";

function route(key: string, when?: Contender["when"]): Contender {
  const pattern = parseRouteKey(key);
  if ("error" in pattern) throw new Error(pattern.error);
  return { pattern, when };
}

function asked(
  method: string,
  path: string,
  more: { host?: string; headers?: HeadersInit; query?: string; json?: unknown } = {},
) {
  const { host = "api.example", headers = {}, query = "", json } = more;
  const request = new Request("https://api.example/", { headers });
  return { host, method, path, request, query: new URLSearchParams(query), json } satisfies AskedRoute;
}

describe("a request does not meet a route", () => {
  it.each<[Contender, AskedRoute, unknown]>([
    [route("GET /a/:id{\\d+}"), asked("GET", "/a/x"), { predicate: "path", actual: "/a/x" }],
    [
      route("GET /a", { host: "*.b.example" }),
      asked("GET", "/a"),
      { predicate: "host", expected: "*.b.example", actual: "api.example" },
    ],
    [route("PUT /a"), asked("GET", "/a"), { predicate: "method", expected: "PUT", actual: "GET" }],
    [route("ANY /a"), asked("TRACE", "/a"), { predicate: "method", expected: "ANY", actual: "TRACE" }],
    [
      route("GET /a", { header: { "x-a": "1", "x-b": true } }),
      asked("GET", "/a", { headers: { "x-a": "1" } }),
      { predicate: "header", name: "x-b", actual: null },
    ],
    [
      route("GET /a", { query: { q: "1" } }),
      asked("GET", "/a", { query: "q=2" }),
      { predicate: "query", name: "q", expected: "1", actual: "2" },
    ],
    [
      route("GET /a", { cookie: { c: "1" } }),
      asked("GET", "/a", { headers: { cookie: "c=2" } }),
      { predicate: "cookie", name: "c", expected: "1", actual: "2" },
    ],
    [
      route("POST /a", { content: "image/*" }),
      asked("POST", "/a"),
      { predicate: "content", expected: "image/*", actual: null },
    ],
    [
      route("POST /a", { body: [[["x/y", "z"], 1]] }),
      asked("POST", "/a", { json: { "x/y": { z: "1" } } }),
      { predicate: "body", name: "/x~1y/z", expected: 1, actual: "1" },
    ],
    [
      route("POST /a", { body: [[["x"]]] }),
      asked("POST", "/a"),
      { predicate: "body", name: "/x", actual: undefined },
    ],
  ])("%#", (contender, request, miss) => {
    expect(whyNot(contender, request)).toEqual(miss);
  });

  it("but for what the gateway's policy makes nothing of", () => {
    expect(whyNot(route("GET /A/"), asked("GET", "/a"))).toMatchObject({ predicate: "path" });
    expect(whyNot(route("GET /A/"), asked("GET", "/a"), LENIENT)).toBeUndefined();
    expect(whyNot(route("GET /a"), asked("HEAD", "/a"))).toBeUndefined();
  });
});

it("lacks nothing exactly where the road would take the route", () => {
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const value = fc.constantFrom("1", "2");
  const wanted = fc.dictionary(fc.constantFrom("a", "b"), fc.oneof(value, fc.constant(true as const)));
  const test = fc.oneof(
    fc.tuple(fc.constantFrom(["a"], ["b"])),
    fc.tuple(fc.constantFrom(["a"], ["b"]), fc.constantFrom(1, null)),
  );
  const parts = {
    host: fc.constantFrom("h.example", "*.example"),
    header: wanted,
    query: wanted,
    cookie: wanted,
    content: fc.constantFrom("text/*", "application/json"),
    body: fc.array(test, { maxLength: 2 }),
  };
  const when = fc
    .subarray(Object.keys(parts) as Array<keyof typeof parts>, { maxLength: 2 })
    .chain((names) =>
      fc.record(Object.fromEntries(names.map((name) => [name, parts[name]])) as Partial<typeof parts>),
    );
  const request = fc.record({
    method: fc.constantFrom("GET", "HEAD", "PUT", "TRACE"),
    path: fc.constantFrom("/a", "/a/", "/b", "/A"),
    host: fc.constantFrom("h.example", "x.h.example", "other"),
    a: maybe(value),
    cookie: maybe(value),
    q: maybe(value),
    type: maybe(fc.constantFrom("text/plain", "application/json")),
    json: maybe(fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom(1, null))),
  });
  const key = fc.constantFrom("GET /a", "PUT /:x", "ANY /a/*", "ANY /*");
  let met = 0;
  fc.assert(
    fc.property(
      key,
      when,
      request,
      fc.boolean(),
      (text, predicates, { method, path, host, ...has }, lenient) => {
        const headers = new Headers();
        if (has.a !== undefined) headers.set("a", has.a);
        if (has.cookie !== undefined) headers.set("cookie", `a=${has.cookie}`);
        if (has.type !== undefined) headers.set("content-type", has.type);
        const query = has.q === undefined ? "" : `a=${has.q}`;
        const about = asked(method, path, { host, headers, query, json: has.json });
        const contender = route(text, predicates);
        const { host: of, ...others } = predicates;
        const entry = { pattern: contender.pattern, index: 0, ...(of !== undefined && { host: of }) };
        const policy = lenient ? LENIENT : undefined;
        const taken = createRouter(buildTrie([entry], policy)).match(
          host,
          method,
          path,
          () => accepts(others, about) && acceptsBody(others, has.json),
        );
        if (taken.kind === "found") met++;
        expect(whyNot(contender, about, policy) === undefined).toBe(taken.kind === "found");
      },
    ),
    { numRuns: 3_000 },
  );
  expect(met).toBeGreaterThan(100);
});
