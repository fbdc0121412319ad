import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import { defineRoutes } from "../../../src/manifest/define.ts";
import { oidcRoutes } from "../../../src/manifest/oidc-routes.ts";
import { oidc } from "../../../src/manifest/presets.ts";
import { build, manifestOf, mistakes } from "./judge.ts";

const login = (more: object = {}) =>
  oidc({
    issuer: "https://login.example",
    clientId: "shop",
    session: { secret: secret("SESSION_SECRET") },
    ...more,
  });
const protectedBy = (access: ReturnType<typeof login>, more: object = {}) =>
  defineRoutes({ access }, { "GET /page": { respond: { text: "page" }, ...more } });

describe("a manifest with a login", () => {
  it("has the routes of each credential that is asked for", () => {
    const [person, staff] = [login(), login({ path: "/staff/auth" })];
    const routes = [protectedBy(person({ scopes: ["a"] })), oidcRoutes(person)];
    expect(mistakes({ routes })).toEqual([]);
    expect(
      mistakes({ routes: [...routes, defineRoutes({ access: staff }, { "GET /staff": { respond: {} } })] }),
    ).toEqual([
      "GET /staff → access: nobody can log in for this oidc credential " +
        "[Add oidcRoutes(…) of it to the gateway's routes.]",
    ]);
    expect(mistakes({ require: [{ match: "/page/*", access: staff }], routes })).toHaveLength(1);
  });

  it("lets everybody come to the login", () => {
    const person = login();
    const routes = [oidcRoutes(person), protectedBy(person)];
    expect(mistakes({ require: [{ match: "/page/*", access: person }], routes })).toEqual([]);
    const [first, ...more] = mistakes({ require: [{ match: "/*", access: person }], routes });
    expect(first).toMatch(/^GET \/login → access: the way to log in asks for a credential itself/);
    expect(more).toHaveLength(4);
  });

  it("has no two logins in one place", () => {
    const routes = [login(), login()].map((each) => oidcRoutes(each));
    expect(mistakes({ routes }).length).toBeGreaterThanOrEqual(5);
  });

  it("is judged though no route asks for it", () => {
    const [mistake, ...more] = mistakes({ routes: [oidcRoutes(login({ issuer: "http://login.example" }))] });
    expect(mistake).toMatch(/^GET \/login → login\.credential\.issuer: must be https/);
    expect(more).toEqual([]);
  });

  it("does without the cache that its routes would inherit", () => {
    const person = login();
    const page = protectedBy(person, { cache: { ttl: "1m", key: { identity: true } } });
    const { checked, findings } = build(
      manifestOf({
        kind: "gateway",
        options: { defaults: { cache: { ttl: "1m" }, deadline: "5s" }, routes: [oidcRoutes(person), page] },
      }),
    );
    expect(findings).toEqual([]);
    const cached = checked.routes.filter(({ policies }) => policies.some(({ name }) => name === "cache"));
    expect(cached.map(({ id }) => id)).toEqual(["GET /page"]);
    expect(checked.routes.find(({ id }) => id === "GET /auth/login")?.deadline).toBe(5_000);
  });
});
