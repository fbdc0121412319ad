import { describe, expect, it } from "vitest";
import type { JwtKeys } from "../../../src/identity/credentials/jwt-options.ts";
import { anyOf, apiKey, compose, jwt, secret, upstream } from "../../../src/manifest/index.ts";
import { mistakes, mistakesIn } from "./judge.ts";

const api = upstream("api", { origin: "https://api.example" });
const answer = { access: "public", respond: { text: "x" } };
const composed = (steps: object) => ({ access: "public", compose: compose(steps as never) });
/** So many calls of one upstream. */
const calls = (count: number) =>
  composed(
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`s${index}`, { upstream: api, path: "/" }]),
    ),
  );

describe("subrequests", () => {
  it("of one request are no more than the plan allows, stores and dispatched routes included", () => {
    expect(mistakesIn({ "GET /x": calls(50) })).toEqual([]);
    expect(mistakesIn({ "GET /x": calls(51) })).toEqual([
      'GET /x: may make 51 subrequests; the free Workers plan allows 50 [Compose fewer steps, or say workersPlan: "paid".]',
    ]);
    expect(mistakesIn({ "GET /x": { ...calls(50), rateLimit: { limit: 1, window: "1m" } } })).toHaveLength(1);
    const quota = { name: "q", limit: 1, period: "day", by: ["address"] };
    expect(mistakesIn({ "GET /x": { ...calls(50), quota } })).toHaveLength(1);
    expect(
      mistakesIn({ "GET /x": composed({ a: { route: "/y" }, b: { route: "/y" } }), "GET /y": calls(26) }),
    ).toEqual([
      'GET /x: may make 52 subrequests; the free Workers plan allows 50 [Compose fewer steps, or say workersPlan: "paid".]',
    ]);
  });

  it("are also for the keys of an issuer, where they are not in the gateway itself", () => {
    const issuer = { issuer: "https://login.example", audience: "api" };
    const by = (keys: JwtKeys) => jwt({ issuers: { ...issuer, keys } });
    const fetched = by({ url: "https://login.example/keys" });
    const known = by({ secret: secret("SESSION_SECRET") });
    const access = (rule: unknown) => mistakesIn({ "GET /x": { ...calls(50), access: rule } }).length;
    expect(access(known)).toBe(0);
    expect(access(fetched)).toBe(1);
    expect(access(anyOf(known, fetched))).toBe(1);
    expect(access({ rule: fetched, mode: "report", meanwhile: "public" })).toBe(1);
  });

  it("are also for the registry of an API key, which is told of its use and asked what is new", () => {
    const access = apiKey({ prefix: "shop" });
    expect(mistakesIn({ "GET /x": { ...calls(47), access } })).toEqual([]);
    expect(mistakesIn({ "GET /x": { ...calls(48), access } })).toHaveLength(1);
  });

  it("are also for the permits of an upstream that all isolates together are let call", () => {
    const both = (count: number, scope: "isolate" | "global") => {
      const few = upstream("few", { origin: "https://few.example", concurrency: { limit: 5, scope } });
      const step = { upstream: few, path: "/" };
      return composed(Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, step])));
    };
    expect(mistakesIn({ "GET /x": both(50, "isolate") })).toEqual([]);
    expect(mistakesIn({ "GET /x": both(25, "global") })).toEqual([]);
    expect(mistakesIn({ "GET /x": both(26, "global") })).toHaveLength(1);
  });

  it("may be more on the paid plan", () => {
    const routes = [{ kind: "routes", group: {}, routes: { "GET /x": calls(51) } }];
    expect(mistakes({ routes, workersPlan: "paid" })).toEqual([]);
  });
});

describe("routes that dispatch to one another", () => {
  it("do not do so in circles", () => {
    expect(
      mistakesIn({
        "GET /a": composed({ x: { route: "/b" } }),
        "GET /b": composed({ y: { route: "/c/{query.q}" } }),
        "GET /c/:id": composed({ z: { route: "/a?x=y" } }),
      }),
    ).toEqual(["GET /a → compose: the routes dispatch in a circle: GET /a → GET /b → GET /c/:id → GET /a"]);
  });

  it("are not suspected where only some value of a reference would make one", () => {
    expect(mistakesIn({ "GET /a/:id": composed({ x: { route: "/{params.id}/b" } }) })).toEqual([]);
  });

  it("call what is there", () => {
    const there = {
      "GET /o/:id{[0-9]+}": answer,
      "POST /o": answer,
      "GET /files/*": answer,
      "ANY /any": answer,
    };
    expect(
      mistakesIn({
        ...there,
        "GET /a/:id/*": composed({
          a: { route: "/o/{params.id}" },
          b: { route: "/o", body: {} },
          c: { route: "/files/{params.*}" },
          d: { route: "/{params.*}" },
          e: { route: "/any", method: "DELETE" },
        }),
      }),
    ).toEqual([]);
    expect(
      mistakesIn({
        ...there,
        "GET /a/:id": composed({ a: { route: "/p/{params.id}" }, b: { route: "/o", method: "PUT" } }),
      }),
    ).toEqual([
      "GET /a/:id → compose.steps.a.route: no route of this gateway takes this GET",
      "GET /a/:id → compose.steps.b.route: no route of this gateway takes this PUT",
    ]);
  });
});
