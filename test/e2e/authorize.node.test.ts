import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Traced } from "../../src/explain/traced.ts";
import { deadUrl, type Echo, type Origin, startOrigin } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";
import { bearing, type Signer, signer } from "../support/tokens.ts";
import { serve } from "./served.ts";

let decisions: Origin;
let issuer: Signer;
beforeAll(async () => {
  decisions = await startOrigin();
});
const served = serve("authorize.ts", async (origin) => ({
  ORIGIN: origin.url,
  DECISIONS: decisions.url,
  DEAD: await deadUrl(),
}));
beforeAll(async () => {
  issuer = await signer("ES256");
  await served.origin.answer("/jwks.json", { body: JSON.stringify({ keys: [issuer.jwk] }) });
});
afterAll(() => decisions.stop());

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const call = async (path: string, claims: object = {}, init: HttpRequest = {}) =>
  get(path, {
    ...init,
    headers: { ...init.headers, ...bearing(await issuer.sign(claims as Record<string, unknown>)) },
  });
const seen = (answer: HttpResponse) =>
  Object.fromEntries(answer.json<Echo>().headers.map(([name, value]) => [name.toLowerCase(), value]));
const logged = (answer: HttpResponse) => served.gateway.line(answer.header("x-request-id"));

describe("rules", () => {
  it("decide by scope and method, and the log says which one it was", async () => {
    const reader = { scope: "orders:read" };
    expect((await call("/orders", reader)).status).toBe(200);
    const written = await call("/orders", reader, { method: "POST" });
    expect([written.status, written.json()]).toEqual([
      403,
      expect.objectContaining({ code: "insufficient-rights", detail: "Ask for the scope orders:write." }),
    ]);
    expect(await logged(written)).toMatchObject({ authorization: "no rule allows", fault: "client" });
    const allowed = await call("/orders", { scope: "orders:write" }, { method: "DELETE" });
    expect([allowed.status, await logged(allowed)]).toEqual([
      200,
      expect.objectContaining({ authorization: "rules.2 allows" }),
    ]);
  });

  it("see the address that the platform tells, and nothing of the caller's own making", async () => {
    const blocked = await call("/orders", {}, { headers: { "cf-connecting-ip": "192.0.2.9" } });
    expect([blocked.status, (await logged(blocked)).cause]).toEqual([403, "authorize: rules.0 denies"]);
    const spoofed = { "cf-connecting-ip": "198.51.100.1", "x-forwarded-for": "192.0.2.9" };
    expect((await call("/orders", {}, { headers: spoofed })).status).toBe(200);
  });

  it("compare the path with a claim, however the path is spelt", async () => {
    expect((await call("/orgs/tea", { org: "tea" })).status).toBe(200);
    expect((await call("/orgs/%74ea", { org: "tea" })).status).toBe(200);
    for (const org of ["coffee", "TEA", ["tea"], { toString: "tea" }, null, undefined]) {
      expect([org, (await call("/orgs/tea", { org })).status]).toEqual([org, 403]);
    }
  });

  it("come after authentication: a request that presents nothing is 401", async () => {
    expect((await get("/orders")).status).toBe(401);
  });

  it("on trial let everybody pass and say whom they would not have", async () => {
    const answer = await call("/trial");
    expect([answer.status, (await logged(answer)).reported]).toEqual([
      200,
      [{ policy: "authorize", code: "insufficient-rights" }],
    ]);
  });
});

describe("a service that decides", () => {
  const PATH = "/v1/data/orders/allow";
  const decide = (...results: readonly unknown[]) =>
    decisions.answer(PATH, ...results.map((result) => ({ body: JSON.stringify({ result }) })));

  it("is asked with what is declared, allows, and tells the origin more", async () => {
    await decide({ allow: true, headers: { "X-Tenant": "tea", "x-other": "1" } });
    const spoofed = { "x-tenant": "coffee", x_tenant: "milk" };
    const answer = await call("/asked/7", {}, { method: "DELETE", headers: spoofed });
    expect(answer.status).toBe(200);
    const { "x-tenant": tenant, x_tenant, "x-other": other } = seen(answer);
    expect([tenant, x_tenant, other]).toEqual(["tea", undefined, undefined]);
    const [asked] = await decisions.requests(PATH);
    const told = await decisions.wait("chunk", ({ exchange }) => exchange === asked?.exchange);
    expect(JSON.parse(told.text)).toEqual({ input: { user: "ada", method: "DELETE", order: "7" } });
    expect(asked?.headers.map(([name]) => name.toLowerCase())).not.toContain("authorization");
    expect((await logged(answer)).upstreams?.map(({ upstream }) => upstream)).toEqual([
      "decisions",
      "origin",
    ]);
  });

  it("refuses, and no origin hears of it", async () => {
    await decide({ allow: false, reason: "order 7 is not ada's" });
    const before = await served.origin.count();
    const answer = await call("/asked/7");
    expect([answer.status, answer.text.includes("not ada's")]).toEqual([403, false]);
    expect((await logged(answer)).cause).toBe("authorize: rules.1: the service denies, order 7 is not ada's");
    expect(await served.origin.count()).toBe(before);
  });

  it("that answers nonsense, or is gone, lets nobody pass", async () => {
    for (const answer of [{ status: 500 }, { body: "true" }, { body: '{"result":"yes"}' }, { status: 302 }]) {
      await decisions.answer(PATH, answer);
      const refused = await call("/asked/7");
      expect([refused.status, refused.json().code]).toEqual([503, "authorization-unavailable"]);
    }
    const gone = await call("/unasked/7");
    expect([gone.status, gone.json().code]).toEqual([503, "authorization-unavailable"]);
  });

  it("is not asked where a rule before it has decided", async () => {
    const before = (await decisions.requests(PATH)).length;
    expect((await call("/asked/7", { scope: "admin" })).status).toBe(200);
    expect(await decisions.requests(PATH)).toHaveLength(before);
  });

  it("is asked once where its decision is kept", async () => {
    await decisions.answer("/v1/data/kept", { body: '{"result":true}' });
    for (let count = 0; count < 5; count++) expect((await call("/kept/1")).status).toBe(200);
    expect((await call("/kept/2")).status).toBe(200);
    expect((await call("/kept/1", { sub: "eve" })).status).toBe(200);
    expect(await decisions.requests("/v1/data/kept")).toHaveLength(3);
  });
});

describe("a service that says who calls", () => {
  const allow = {
    status: 204,
    headers: [
      ["x-auth-user", "ada"],
      ["x-auth-roles", "staff"],
      ["x-tenant", "tea"],
    ],
  } as const;

  it("is shown what is declared; the origin is told who it is", async () => {
    await decisions.answer("/verify", allow);
    const headers = {
      cookie: "session=1",
      "sec-fetch-site": "same-origin",
      "x-auth-user": "root",
      X_Auth_Roles: "root",
      "x-tenant": "coffee",
    };
    const answer = await get("/session?next=%2Fa", { method: "POST", headers, body: "text" });
    expect(answer.status).toBe(200);
    const told = seen(answer);
    expect([told["x-identity-id"], told["x-identity-roles"], told["x-tenant"]]).toEqual([
      "external:decisions#ada",
      "staff",
      "tea",
    ]);
    for (const name of ["cookie", "x-auth-user", "x_auth_roles"])
      expect([name, told[name]]).toEqual([name, undefined]);
    expect(answer.json<Echo>().body).toBe("text");
    const [asked] = await decisions.requests("/verify");
    const fields = Object.fromEntries(asked!.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect([asked?.method, fields.cookie, fields["x-auth-user"]]).toEqual(["GET", "session=1", undefined]);
    expect([fields["x-forwarded-method"], fields["x-forwarded-uri"]]).toEqual(["POST", "/session?next=%2Fa"]);
  });

  it("is not asked about what a page of another web origin may have had a browser send", async () => {
    const before = (await decisions.requests("/verify")).length;
    const headers = { cookie: "session=1", origin: "https://evil.example" };
    const answer = await get("/session", { method: "POST", headers, body: "text" });
    expect([answer.status, answer.json().code]).toEqual([403, "cross-site-request"]);
    expect(await decisions.requests("/verify")).toHaveLength(before);
  });

  it("refuses as it will: 401 and 403 with their challenge, a redirect with its cookies", async () => {
    const before = await served.origin.count();
    for (const [status, code] of [
      [401, "credential-missing"],
      [403, "insufficient-rights"],
    ] as const) {
      await decisions.answer("/verify", {
        status,
        headers: [["www-authenticate", "Custom x=1"]],
        body: "a page",
      });
      const answer = await get("/session");
      expect([answer.status, answer.json().code, answer.header("www-authenticate")]).toEqual([
        status,
        code,
        "Custom x=1",
      ]);
    }
    const headers = [
      ["location", "https://login.example/?rd=x"],
      ["set-cookie", "csrf=1"],
    ] as const;
    await decisions.answer("/verify", { status: 302, headers });
    const answer = await get("/session");
    expect([answer.status, answer.header("location"), answer.all("set-cookie"), answer.text]).toEqual([
      302,
      "https://login.example/?rd=x",
      ["csrf=1"],
      "",
    ]);
    expect(await served.origin.count()).toBe(before);
  });

  it("that breaks, or is gone, lets nobody pass", async () => {
    for (const status of [500, 404, 429]) {
      await decisions.answer("/verify", { ...allow, status });
      expect([status, (await get("/session")).json().code]).toEqual([status, "verification-unavailable"]);
    }
    await decisions.answer("/verify", { status: 200 });
    expect((await get("/session")).status).toBe(503);
    const gone = await call("/unreachable");
    expect([gone.status, gone.json().code]).toEqual([503, "verification-unavailable"]);
  });

  it("is asked once where its permission is kept, for each credential", async () => {
    await decisions.answer("/verify-kept", allow);
    for (const token of ["a", "a", "a", "b"]) {
      expect((await get("/kept-session", { headers: { authorization: `Bearer ${token}` } })).status).toBe(
        200,
      );
    }
    expect(await decisions.requests("/verify-kept")).toHaveLength(2);
  });
});

describe("npm run explain", () => {
  const as = ["--as", "ada", "--scopes", "orders:read"];

  async function explain(...commands: ReadonlyArray<readonly string[]>): Promise<string[]> {
    const script = join(import.meta.dirname, "../scripts/explain-several.ts");
    const manifest = join(served.built.manifests, "authorize.ts");
    const run = promisify(execFile)(process.execPath, [script, manifest], { maxBuffer: 16_000_000 });
    run.child.stdin?.end(JSON.stringify(commands));
    return JSON.parse((await run).stdout) as string[];
  }

  it("names the rule that decided", async () => {
    const [allowed, refused, asked, session, role, data] = await explain(
      ["GET", "/orders", ...as],
      ["DELETE", "/orders", ...as],
      ["GET", "/asked/7", ...as],
      ["GET", "/session"],
      ["GET", "/session", "--as", "ada", "--roles", "staff"],
      ["DELETE", "/orders", ...as, "--json"],
    );
    expect(allowed).toMatch(/authorize +authorize +rules\.1 allows/);
    expect(refused).toMatch(/authorize +authorize +refuses with 403 insufficient-rights: Ask for the scope/);
    expect(refused).toMatch(/authorize: no\s+rule\s+allows/);
    expect(asked).toMatch(/authorize +authorize +rules\.1 asks/);
    expect(asked?.replaceAll(/\s+/g, " ")).toContain(
      "validate authorize rules.1: the service allows, or so it is taken to: decisions is not asked here",
    );
    expect(session).toContain("the service that says who calls is not asked here: --as takes its place");
    expect(role).toMatch(/authorize +authorize +rules\.0 allows/);
    const { events } = JSON.parse(data!) as Traced;
    expect(events.find(({ phase }) => phase === "authorize")).toMatchObject({ decided: "no rule allows" });
  });
});
