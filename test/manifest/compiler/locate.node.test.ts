import { describe, expect, it } from "vitest";
import type { UserModule } from "../../../src/manifest/compiler/load.ts";
import { locate } from "../../../src/manifest/compiler/locate.ts";
import { defineRoutes, jwt, upstream } from "../../../src/manifest/index.ts";
import { build, manifestOf } from "./judge.ts";

function module(name: string, exports: UserModule["exports"]): UserModule {
  return { file: `/routes/${name}`, name, exports };
}

describe("a function's place", () => {
  it("is the module that declares it, rather than the manifest that has it too", () => {
    const handler = () => ({});
    const group = defineRoutes({}, { "GET /a": { access: "public", handler } });
    const gateway = { kind: "gateway", options: { routes: [group] } };
    const { of, fileOf } = locate([module("index.ts", { default: gateway }), module("a.ts", { group })]);
    expect(of(handler)).toMatchObject({
      file: "/routes/a.ts",
      expression: '["group"]["routes"]["GET /a"]["handler"]',
    });
    expect(fileOf(group)).toBe("a.ts");
    expect(fileOf(gateway)).toBe("index.ts");
  });

  it("is the manifest where nobody else has it", () => {
    const merge = () => ({});
    const gateway = { routes: [{ routes: { "GET /a": [{ compose: { options: { merge } } }] } }] };
    expect(locate([module("index.ts", { default: gateway })]).of(merge)?.expression).toBe(
      '["default"]["routes"]["0"]["routes"]["GET /a"]["0"]["compose"]["options"]["merge"]',
    );
  });

  it("is the shortest way to it", () => {
    const shared = () => ({});
    const { of } = locate([module("index.ts", { deep: { deeper: [shared] }, shared })]);
    expect(of(shared)?.expression).toBe('["shared"]');
  });

  it("is nowhere inside apps, instances and other functions", () => {
    const hidden = () => ({});
    const app = new (class {
      fetch = hidden;
    })();
    const { of } = locate([module("index.ts", { app, outer: Object.assign(() => hidden, { hidden }) })]);
    expect(of(hidden)).toBeUndefined();
    expect(of(app)?.expression).toBe('["app"]');
  });
});

describe("upstreams", () => {
  it("are all that are exported, those that only a credential or function uses included", () => {
    const [keys, own, nested] = ["keys", "own", "nested"].map((name) =>
      upstream(name, { origin: `https://${name}.example` }),
    );
    const token = jwt({ issuers: { issuer: "x", audience: "a", keys: { upstream: keys!, path: "/" } } });
    const { upstreams } = locate([module("index.ts", { own, deep: { list: [nested] }, token })]);
    expect(upstreams.map(({ name }) => name).toSorted()).toEqual(["keys", "nested", "own"]);
  });
});

describe("a function out of reach", () => {
  it("is reported where it stands", () => {
    const hidden = new (class {
      request = () => undefined;
    })();
    const route = { access: "public", respond: { text: "x" } };
    const options = (hooks: object) => ({
      kind: "gateway",
      options: { routes: [{ kind: "routes", group: {}, routes: { "GET /x": { ...route, hooks } } }] },
    });
    expect(build(manifestOf(options(hidden))).findings).toEqual([
      {
        file: "index.ts",
        path: "GET /x",
        reason: "a function or app is not reachable from what its module exports",
        suggestion: "Export the group, upstream or object that holds it from the module that declares it.",
      },
    ]);
    expect(build(manifestOf(options(hidden), { hook: hidden.request })).findings).toEqual([]);
  });
});
