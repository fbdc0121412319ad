import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  compose,
  defineGateway,
  defineRoutes,
  jwt,
  secret,
  type UpstreamOptions,
  upstream,
} from "../../../src/manifest/index.ts";
import { type Built, type Files, ManifestFolders } from "../../support/manifests.ts";
import { build, manifestOf } from "./judge.ts";

const folders = new ManifestFolders();
afterAll(() => folders.remove());

function compiled(gateway: unknown) {
  const { compiled, findings } = build(manifestOf(gateway));
  expect(findings).toEqual([]);
  const policies = compiled.policies.map((json) => JSON.parse(json));
  const [unmatched, ...routes] = [compiled.unmatched, ...compiled.routes].map((json) => {
    const route = JSON.parse(json);
    return { ...route, policies: route.policies.map((number: number) => policies[number]) };
  });
  return { ...compiled, unmatched, routes };
}

describe("a compiled manifest", () => {
  const api = upstream("api", { origin: "https://api.example", timeout: "2s" });
  const token = jwt({
    issuers: { issuer: "x", audience: "a", keys: { secret: secret("SESSION_SECRET") } },
  });

  it("has every route with what it inherits, in the order of the phases", () => {
    const group = defineRoutes(
      { prefix: "/v1", access: token, deadline: "2s", rateLimit: { limit: 1, window: "1m" } },
      {
        "GET /a/:id": {
          securityHeaders: true,
          headers: {},
          cache: { public: true },
          bodyLimit: "1KB",
          forward: { upstream: api },
        },
      },
    );
    const { routes } = compiled(
      defineGateway({ defaults: { deadline: "9s", cors: { origins: "*" } }, routes: [group] }),
    );
    expect(routes[0]).toMatchObject({
      id: "GET /v1/a/:id",
      authenticates: true,
      deadline: 2_000,
      action: ["forward", { upstream: { $upstream: "api" } }],
    });
    expect(routes[0].policies.map(([name]: [string]) => name)).toEqual([
      "access",
      "bodyLimit",
      "rateLimit",
      "cache",
      "headers",
      "cors",
      "securityHeaders",
    ]);
  });

  it("lets a route's own policy take the place of the group's, and the group's that of the defaults", () => {
    const limit = (count: number) => ({ limit: count, window: "1m" }) as const;
    const group = defineRoutes(
      { access: "public", rateLimit: limit(2), bodyLimit: "2B" },
      { "GET /a": { rateLimit: [limit(3), limit(4)], respond: {} }, "GET /b": { respond: {} } },
    );
    const { routes } = compiled(
      defineGateway({ defaults: { bodyLimit: "1B", rateLimit: limit(1) }, routes: [group] }),
    );
    const limits = routes.map(({ policies }) =>
      policies.map(([name, options]: [string, { limit: number } | { limit: number }[]]) => [
        name,
        Array.isArray(options) ? options.map((each) => each.limit) : options.limit,
      ]),
    );
    expect(limits).toEqual([
      [
        ["bodyLimit", 2],
        ["rateLimit", [3, 4]],
      ],
      [
        ["bodyLimit", 2],
        ["rateLimit", [2]],
      ],
    ]);
  });

  it("says of a route whether what refuses behind its rate limits has them give back", () => {
    const to = { upstream: api, path: "/events" };
    const group = defineRoutes(
      { access: token, rateLimit: { limit: 1, window: "1m" } },
      {
        "GET /a": { respond: {} },
        "GET /b": { quota: { name: "q", limit: 1, period: "day" }, respond: {} },
        "GET /c": { meter: { event: "e", to }, respond: {} },
        "GET /d": { meter: { event: "e", prepaid: { reserve: 1 }, to }, respond: {} },
      },
    );
    const { routes } = compiled(defineGateway({ routes: [group] }));
    expect(routes.map(({ limitedFurther = false }) => limitedFurther)).toEqual([false, true, false, true]);
  });

  it("says it too where an upstream refuses that the route calls, or whose functions may call it", () => {
    const further = (options: Partial<UpstreamOptions>) => {
      const called = upstream("called", { origin: "https://called.example", ...options });
      const group = defineRoutes(
        { access: "public", rateLimit: { limit: 1, window: "1m" } },
        {
          "GET /sent": { forward: { upstream: called } },
          "GET /elsewhere": { forward: { upstream: api } },
          "GET /parts": {
            compose: compose({ a: { upstream: api, path: "/" }, b: { upstream: called, path: "/" } }),
          },
          "GET /run": { handler: () => ({}) },
          "GET /hooked": { hooks: { request: () => undefined }, respond: {} },
        },
      );
      const { routes } = compiled(defineGateway({ routes: [group] }));
      return routes.filter(({ limitedFurther }) => limitedFurther).map(({ id }) => id);
    };
    const calling = ["GET /sent", "GET /parts", "GET /run", "GET /hooked"];
    expect(further({ concurrency: { limit: 1 } })).toEqual(calling);
    expect(further({ shed: {} })).toEqual(calling);
    expect(further({ concurrency: { limit: 1, mode: "report" }, shed: { mode: "report" } })).toEqual([]);
    expect(further({})).toEqual([]);
  });

  it("gives a group's cache to the routes whose answers are cached", () => {
    const group = defineRoutes(
      { access: "public", cache: { ttl: "1m" } },
      { "GET /a": { respond: { text: "x" } }, "POST /a": { respond: {} } },
    );
    const { routes } = compiled(defineGateway({ routes: [group] }));
    expect(routes.map(({ policies }) => policies.length)).toEqual([1, 0]);
  });

  it("has each upstream and credential once, and the names of what it reads of the environment", () => {
    const group = defineRoutes(
      { access: token },
      {
        "GET /a": { forward: { upstream: api } },
        "GET /b": { access: token({ scopes: ["x"] }), forward: { upstream: api } },
      },
    );
    const { routes, upstreams, credentials, variables } = compiled(defineGateway({ routes: [group] }));
    expect(Object.keys(upstreams)).toEqual(["api"]);
    expect(JSON.parse(upstreams.api!)).toEqual({
      name: "api",
      origin: "https://api.example",
      timeout: 2_000,
    });
    expect(credentials).toHaveLength(1);
    expect(variables).toEqual(["SESSION_SECRET"]);
    expect(routes.map(({ policies }) => policies[0][1].always.requirements)).toEqual([
      {},
      { scopes: ["x"], claims: {} },
    ]);
  });

  it("keeps what no route answers for the defaults to finish", () => {
    const routes = [defineRoutes({}, { "GET /a": { access: "public", respond: {} } })];
    const defaults = { bodyLimit: "1B", securityHeaders: true, cors: { origins: "*" } } as const;
    const { unmatched } = compiled(defineGateway({ defaults, routes }));
    expect(unmatched.policies.map(([name]: [string]) => name)).toEqual(["securityHeaders", "cors"]);
  });
});

describe("a manifest's fingerprint", () => {
  const source = (body: string, limit = 1): Files => ({
    "index.ts": `import { a } from "./a.ts";\nimport { defineGateway } from "isogate";\nexport default defineGateway({ routes: [a] });`,
    "a.ts": `import { defineRoutes } from "isogate";
export const a = defineRoutes({}, {
  "GET /a": { access: "public", rateLimit: { limit: ${limit}, window: "1m" }, handler: () => ${body} },
});`,
  });
  let built: readonly Built[];
  beforeAll(async () => {
    built = await folders.build(
      source("({ a: 1 })"),
      source("({ a: 1 })"),
      source("({ a: 2 })"),
      source("({ a: 1 })", 2),
    );
    expect(built.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it("is sixteen hexadecimal digits", () => {
    expect(built[0]!.hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it("does not change with the folder it is checked out in", () => {
    expect(built[1]!.hash).toBe(built[0]!.hash);
  });

  it("changes with a function's source and with a route's data", () => {
    expect(new Set(built.map(({ hash }) => hash)).size).toBe(3);
  });
});
