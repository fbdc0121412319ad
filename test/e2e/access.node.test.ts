import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest, rawGet, statusOf } from "../support/raw-http.ts";
import { bearing, type Signer, signer } from "../support/tokens.ts";
import { serve } from "./served.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";

const served = serve("access.ts", (origin) => ({ ORIGIN: origin.url, PARTNER_SECRET }));
let issuer: Signer;

beforeAll(async () => {
  issuer = await signer("ES256");
  await served.origin.answer("/jwks.json", { body: JSON.stringify({ keys: [issuer.jwk] }) });
});

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const present = (token: string, path: string, init: HttpRequest = {}) =>
  get(path, { ...init, headers: { ...init.headers, ...bearing(token) } });

describe("what a token does not grant", () => {
  it("is a 403 that says which scopes the route asks for", async () => {
    const token = await issuer.sign();
    expect((await present(token, "/orders")).status).toBe(200);
    const answer = await present(token, "/orders", { method: "DELETE" });
    expect([answer.status, answer.json().code]).toEqual([403, "insufficient-rights"]);
    expect(answer.header("www-authenticate")).toBe(
      'Bearer realm="api", error="insufficient_scope", scope="orders:read orders:delete"',
    );
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line).toMatchObject({ route: "DELETE /orders", fault: "client" });
    expect(line.cause).toContain("orders:delete");
  });

  it.each([
    ["one accepted value", { org: "tea" }, 200],
    ["a list with one", { org: ["milk", "coffee"] }, 200],
    ["another value", { org: "milk" }, 403],
    ["none", {}, 403],
    ["one that only reads alike", { org: { toString: "tea" } }, 403],
  ])("by a claim with %s is decided", async (_, claims, status) => {
    expect((await present(await issuer.sign(claims), "/org")).status).toBe(status);
  });

  it("is decided for any and for all of several credentials", async () => {
    const plain = await issuer.sign();
    const typed = await issuer.sign({}, { typ: "at+jwt" });
    expect((await present(plain, "/typed")).status).toBe(401);
    expect((await present(typed, "/typed")).status).toBe(200);
    expect((await present(typed, "/either")).status).toBe(200);
    expect((await present(await issuer.sign({ scope: "" }), "/either")).status).toBe(403);
    expect((await present(plain, "/both")).status).toBe(401);
    expect((await present(typed, "/both")).status).toBe(200);
  });
});

describe("a rule of the gateway's", () => {
  const staff = () => issuer.sign({ scope: "admin" });

  it("holds for a public route that it covers, and for the part that it covers of a wildcard", async () => {
    for (const path of ["/admin", "/admin/", "/admin/open", "/admin/users/7", "/admin/x/y"]) {
      expect([path, (await get(path)).status]).toEqual([path, 401]);
      expect([path, (await present(await issuer.sign(), path)).status]).toEqual([path, 403]);
      expect([path, (await present(await staff(), path)).status]).toEqual([path, 200]);
    }
    for (const path of ["/", "/other", "/other/x", "/administrators/x", "/x/admin/y", "/open"]) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
    expect((await get("/sales/reports")).status).toBe(401);
    expect((await present(await issuer.sign({ scope: "reports" }), "/sales/reports")).status).toBe(200);
  });

  it("joins another where both cover a path", async () => {
    expect((await present(await staff(), "/admin/reports")).status).toBe(403);
    expect((await present(await issuer.sign({ scope: "reports" }), "/admin/reports")).status).toBe(403);
    expect((await present(await issuer.sign({ scope: "admin reports" }), "/admin/reports")).status).toBe(200);
  });

  it("holds for every method", async () => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
      expect([method, (await get("/admin/users", { method })).status]).toEqual([method, 401]);
    }
  });

  it("cannot be got round by any spelling of its path", async () => {
    const piece = fc.constantFrom(
      ..."/admin users reports . .. %2e %2E%2e %2f %5c \\ ; ;x=1 // %61 a d %64min ADMIN x %20 %00 %252f %c0%af ? # @ :80 admin%2f admin".split(
        " ",
      ),
    );
    const target = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `/${pieces.join("")}`);
    const spellings = [
      "/%61dmin/users",
      "/admin%2fusers",
      "//admin/users",
      "/./admin/users",
      "/x/../admin/users",
      "/x/%2e%2e/admin/users",
      "/admin;/users",
      "/admin%3b/users",
      "/admin\\users",
      "/%2561dmin/users",
      "/admin/../admin/users",
      "http://elsewhere.example/admin/users",
    ].map((example): [string] => [example]);
    await fc.assert(
      fc.asyncProperty(target, async (spelling) => {
        const answer = await rawGet(served.gateway.port, spelling, "x-request-id: spelt-00");
        if (statusOf(answer) !== 200) return;
        const { url } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as Echo;
        expect(asReadByAnyServer(url)).not.toMatch(/^\/admin(?:\/|$)/);
      }),
      { numRuns: 300, examples: spellings },
    );
  });
});

/** The path as a server would read it that decodes twice and knows every trick. */
function asReadByAnyServer(url: string): string {
  let path = url.split("?", 1)[0]!;
  for (const _ of [1, 2])
    path = path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const segments: string[] = [];
  for (const segment of path.replaceAll("\\", "/").split("/")) {
    const plain = segment.replace(/;.*$/, "");
    if (plain === "..") segments.pop();
    else if (plain !== "" && plain !== ".") segments.push(plain);
  }
  return `/${segments.join("/")}`;
}
