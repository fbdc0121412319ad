import { describe, expect, it } from "vitest";
import { check, checkAll, checkRoutes, requestReferences } from "../../src/limits/check.ts";
import { options, type RateLimitOptions } from "../../src/policies/limit/rate-limit.ts";

const minute = { limit: 5, window: "1m" } as const;
const parse = (written: RateLimitOptions) => options().parse(written);
const said = (mistakes: ReadonlyArray<{ path: readonly string[]; reason: string }>) =>
  mistakes.map(({ path, reason }) => `${path.join(".")}: ${reason}`);

describe("the check of a limit", () => {
  const failures = { ...minute, on: "authFailure" } as const;

  it("refuses one on failed authentications where nobody authenticates", () => {
    const on = (written: RateLimitOptions, authenticates: boolean) =>
      said(check(parse(written), { authenticates }));
    expect(on(failures, false)).toEqual([
      "on: nobody authenticates on a public route, so nobody can fail to",
    ]);
    expect(on(failures, true)).toEqual([]);
    expect(on(minute, false)).toEqual([]);
  });

  it("refuses one on failed authentications that counts by who has authenticated", () => {
    const by = ["address", "identity.id", "identity.claims.org"] as const;
    expect(said(check(parse({ ...failures, by }), { authenticates: true }))).toEqual([
      'by.1: "identity.id" is not known of a request whose authentication fails',
      'by.2: "identity.claims.org" is not known of a request whose authentication fails',
    ]);
  });

  it("refuses two of one name, and two of one group, on one route", () => {
    expect(checkAll([minute, { ...minute, by: ["route"] as const }].map(parse))).toEqual([
      'two limits are called "5-per-1m": give each a `name` of its own',
    ]);
    const group = "g";
    expect(
      checkAll(
        [
          { ...minute, group },
          { ...minute, group, name: "other" },
        ].map(parse),
      ),
    ).toEqual(['two limits are of the group "g": one request would be counted twice']);
    expect(checkAll([minute, { ...minute, name: "other" }].map(parse))).toEqual([]);
  });

  it("shows what it refers to, and on which side of the cut", () => {
    const written = { ...minute, by: ["address", "query.a"], cost: "headers.x-cost" } as const;
    expect(requestReferences(parse(written))).toEqual([
      { path: ["by", "1"], reference: ["query", "a"], keyed: false },
      { path: ["cost"], reference: ["headers", "x-cost"], keyed: false },
    ]);
    expect(requestReferences(parse({ ...written, count: "origin" })).map(({ keyed }) => keyed)).toEqual([
      true,
      true,
    ]);
  });
});

describe("the check of limits over all routes", () => {
  const route = (
    id: string,
    limits: readonly RateLimitOptions[],
    { cached = false, authenticates = false } = {},
  ) => ({
    facts: { id, authenticates },
    policies: [
      ...limits.map((written) => ({ name: "rateLimit", options: parse(written) })),
      ...(cached ? [{ name: "cache", options: {} }] : []),
    ],
  });
  const mistakes = (...routes: ReadonlyArray<ReturnType<typeof route>>) =>
    checkRoutes(routes).map(
      ({ route, path, reason }) => `${routes.indexOf(route)} ${path.join(".")}: ${reason}`,
    );

  it("refuses one behind the cache that counts by address", () => {
    const before = { ...minute, by: ["address"] } as const;
    const behind = { ...before, count: "origin" } as const;
    expect(mistakes(route("GET /a", [behind], { cached: true }))).toEqual([
      "0 by: the address decides nothing of what others are given, so it is not known behind the cache",
    ]);
    expect(mistakes(route("GET /a", [behind]), route("GET /b", [before], { cached: true }))).toEqual([]);
    expect(mistakes(route("GET /a", [{ ...minute, count: "origin" }], { cached: true }))).toEqual([]);
  });

  it("wants the limits of a group to agree, what they count by in silence included", () => {
    const group = { ...minute, group: "g" } as const;
    const first = route("GET /a", [group]);
    const fine: RateLimitOptions = { ...group, name: "n", cost: 2, mode: "report", onStoreFailure: "allow" };
    expect(mistakes(first, route("GET /b", [fine]))).toEqual([]);
    const other: RateLimitOptions = { ...group, limit: 6, algorithm: "tokenBucket", burst: 9 };
    expect(mistakes(first, route("GET /b", [other]))).toEqual([
      '1 group: the group "g" is another on GET /a: they differ in limit, algorithm, burst',
    ]);
    expect(mistakes(first, route("GET /b", [group], { authenticates: true }))).toEqual([
      '1 group: the group "g" is another on GET /a: they differ in by',
    ]);
  });

  it("lets limits of a group differ in who is exempt and what is overridden, where all ask for each request", () => {
    const group = { ...minute, group: "g" } as const;
    const special: RateLimitOptions = {
      ...group,
      absent: "refuse",
      countRefused: true,
      exempt: { networks: ["192.0.2.0/24"] },
      override: () => undefined,
      cost: { response: "headers.x-cost", atFirst: 2 },
    };
    const exact = route("GET /a", [{ ...group, counting: "exact" }]);
    expect(mistakes(exact, route("GET /b", [special]))).toEqual([]);
    expect(mistakes(route("GET /a", [group]), route("GET /b", [special]))).toEqual([
      expect.stringContaining("they differ in counting"),
    ]);
  });

  it("wants limits that share a name on the variants of a route to agree, since they share a counter", () => {
    const bucket = { ...minute, algorithm: "tokenBucket", burst: 5 } as const;
    expect(mistakes(route("GET /a", [bucket]), route("GET /a", [{ ...bucket, burst: 50 }]))).toEqual([
      '1 name: it counts together with "5-per-1m" on another variant of GET /a: they differ in burst',
    ]);
    const named = { ...minute, name: "n" };
    expect(mistakes(route("GET /a", [named]), route("GET /a", [{ ...named, limit: 6 }]))).toHaveLength(1);
    expect(mistakes(route("GET /a", [named]), route("GET /b", [{ ...named, limit: 6 }]))).toEqual([]);
    expect(mistakes(route("GET /a", [named]), route("GET /a", [named]))).toEqual([]);
    // These count apart whatever they are called.
    expect(
      mistakes(route("GET /a", [named]), route("GET /a", [{ ...named, limit: 6, by: ["route"] }])),
    ).toEqual([]);
  });
});
