import { beforeAll, describe, expect, it } from "vitest";
import { ask, type HttpRequest } from "../support/raw-http.ts";
import { bearing, type Signer, signer } from "../support/tokens.ts";
import { serve } from "./served.ts";

const served = serve("require.ts", (origin) => ({ ORIGIN: origin.url }));
let issuer: Signer;

beforeAll(async () => {
  issuer = await signer("ES256");
  await served.origin.answer("/jwks.json", { body: JSON.stringify({ keys: [issuer.jwk] }) });
});

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const present = (token: string, path: string, init: HttpRequest = {}) =>
  get(path, { ...init, headers: { ...init.headers, ...bearing(token) } });
const staff = () => issuer.sign({ scope: "staff" });

/** Every declared way to a path below /inside, and spellings of it. */
const INSIDE: ReadonlyArray<[path: string, init?: HttpRequest]> = [
  ["/inside/public"],
  ["/inside/inherited"],
  ["/inside/unsaid"],
  ["/inside/trial"],
  ["/inside/any-token"],
  ["/inside/any-of"],
  ["/inside/cached"],
  ["/inside/by-handler"],
  ["/inside/fixed"],
  ["/inside/elsewhere"],
  ["/inside/variants"],
  ["/inside/variants", { headers: { "x-door": "back" } }],
  ["/inside/hooked"],
  ["/inside/every-method", { method: "DELETE" }],
  ["/inside/every-method", { method: "PROPFIND" }],
  ["/inside/escaped"],
  ["/%69nside/escaped"],
  ["/inside"],
  ["/inside/"],
  ["/inside/param"],
  ["/inside/pattern"],
  ["/inside/what/ever"],
  ["/inside/hosted"],
  ["/inside/hosted", { headers: { host: "a.example" } }],
  ["/inside/public", { method: "HEAD" }],
  ["/inside/public", { headers: { host: "elsewhere.example" } }],
  ["/inside/public", { headers: { "x-forwarded-prefix": "/outside", "x-original-url": "/outside" } }],
];

describe("no route under a rule of the gateway lets in", () => {
  it.each(INSIDE)("%s %j: nobody, nor anybody whom the rule does not", async (path, init?: HttpRequest) => {
    const head = init?.method === "HEAD";
    expect((await get(path, init)).status).toBe(401);
    const refused = await present(await issuer.sign({ scope: "orders:read" }), path, init);
    expect(refused.status).toBe(403);
    if (!head) expect(refused.json().code).toBe("insufficient-rights");
    const line = await served.gateway.line(refused.header("x-request-id"));
    expect(line.upstreams?.filter(({ upstream }) => upstream === "origin") ?? []).toEqual([]);
  });

  it.each(INSIDE)("%s %j: but whom it does", async (path, init?: HttpRequest) => {
    expect((await present(await staff(), path, init)).status).toBeLessThan(400);
  });
});

describe("a public route that asks a guarded one asks in its caller's name", () => {
  const doors = [
    "/door/composed",
    "/door/dispatched",
    "/door/hooked",
    "/door/chosen/inside/public",
    "/door/chosen/inside/what/ever",
    "/door/chosen/%69nside/escaped",
  ];
  it.each(doors)("%s", async (path) => {
    for (const init of [{}, { headers: bearing(await issuer.sign({ scope: "orders:read" })) }]) {
      const refused = await get(path, init);
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.text).not.toContain("/inside");
    }
    expect((await present(await staff(), path)).status).toBe(200);
  });

  it("and a cached one, which knows no caller, gets nothing: staff must not fill what others are given", async () => {
    expect((await present(await staff(), "/door/cached")).status).toBe(401);
    expect((await get("/door/cached")).status).toBe(401);
  });

  it("and no route can be led there by a path that is not what it seems", async () => {
    for (const tail of ["..%2finside/public", "%2e%2e/inside/public", "x;/inside", "%5cinside"]) {
      expect((await get(`/door/chosen/${tail}`)).status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe("a rule on trial", () => {
  const lineOf = async (path: string, init?: HttpRequest) => {
    const answer = await get(path, init);
    return [answer, await served.gateway.line(answer.header("x-request-id"))] as const;
  };

  it("refuses nobody, says whom it would have, and leaves the caller as unknown as before", async () => {
    const [open, line] = await lineOf("/trial");
    expect(open.status).toBe(200);
    expect(line).toMatchObject({ reported: [{ policy: "access", code: "credential-missing" }] });
    const [weak, second] = await lineOf("/trial", { headers: bearing(await issuer.sign()) });
    expect(weak.status).toBe(200);
    expect(second).toMatchObject({ reported: [{ policy: "access", code: "insufficient-rights" }] });
    expect(second).not.toHaveProperty("identity");
    // What is not enforced must not change the request either: an origin that looks at the token still gets it.
    expect(weak.text).toContain("Bearer ");
    const [good, third] = await lineOf("/trial", { headers: bearing(await staff()) });
    expect(good.status).toBe(200);
    expect(third).not.toHaveProperty("reported");
  });

  it("stands beside the rule in force, which still holds", async () => {
    expect((await get("/trial/stricter")).status).toBe(401);
    const [answer, line] = await lineOf("/trial/stricter", { headers: bearing(await issuer.sign()) });
    expect(answer.status).toBe(200);
    expect(line).toMatchObject({ reported: [{ policy: "access", code: "insufficient-rights" }] });
    expect(line.identity).toBe("https://login.example#ada");
    expect(answer.text).not.toContain("Bearer ");
  });

  it("is in force once its mode is `enforce`", async () => {
    expect((await get("/trial/enforced")).status).toBe(401);
    expect((await present(await staff(), "/trial/enforced")).status).toBe(200);
  });

  it("of the gateway's own reports on every path that it covers, and only there", async () => {
    for (const path of ["/soon/open", "/soon/later"]) {
      const [answer, line] = await lineOf(path);
      expect(answer.status).toBe(200);
      expect(line).toMatchObject({ reported: [{ policy: "access", code: "credential-missing" }] });
    }
    const [, line] = await lineOf("/other/later");
    expect(line).not.toHaveProperty("reported");
  });
});
