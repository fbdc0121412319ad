import { Hono } from "hono/tiny";
import { describe, expect, it } from "vitest";
import { createAdmin } from "../../src/admin/admin.ts";
import { sameSecret } from "../../src/admin/same-secret.ts";
import { catalog } from "../../src/errors/catalog.ts";

const ACCESS = ["access", { always: { $credential: 0, requirements: { scopes: ["internal-scope"] } } }];
const ROUTE = {
  id: "GET /v1/orders",
  authenticates: true,
  deadline: 1_000,
  policies: [0],
  action: ["forward", { upstream: { $upstream: "internal-name" } }],
};

function admin(secret?: string, parts: Pick<Parameters<typeof createAdmin>[0], "blocks" | "consumers"> = {}) {
  const app = createAdmin({
    blueprint: {
      hash: "0123456789abcdef",
      version: "1.2.3",
      routes: [JSON.stringify(ROUTE)],
      policies: [JSON.stringify(ACCESS)],
    },
    secret,
    requestId: () => "request-1",
    refusals: {
      since: async (hour) => [
        { route: "GET /a", code: "rate-limited", mode: "report", policy: "rateLimit", count: hour },
      ],
    },
    ...parts,
    explain: async () => "not for this test",
    now: () => 500_000 * 3_600_000 + 1,
    log: () => {},
  });
  return (path: string, authorization?: string, method = "GET") =>
    app.request(path, { method, headers: authorization === undefined ? {} : { authorization } });
}

describe("what anybody may ask", () => {
  it("is whether the gateway is well, which version it is, and what its errors mean", async () => {
    const ask = admin();
    expect(await (await ask("/_gateway/health")).json()).toEqual({
      status: "ok",
      version: "1.2.3",
      manifest: "0123456789abcdef",
    });
    expect(await (await ask("/_gateway/version")).json()).toEqual({
      version: "1.2.3",
      manifest: "0123456789abcdef",
    });
    expect(await (await ask("/_gateway/errors")).json()).toEqual(catalog);
  });

  it("is never stored or taken for another type", async () => {
    for (const path of ["/_gateway/health", "/_gateway/errors", "/_gateway/nowhere"]) {
      const { headers } = await admin()(path);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  it("is nothing else: a problem like everywhere", async () => {
    const ask = admin();
    for (const path of ["/_gateway", "/_gateway/", "/_gateway/nowhere", "/_gateway/health/x"]) {
      const answer = await ask(path);
      expect(answer.status).toBe(404);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(await answer.json()).toMatchObject({ code: "route-not-found", requestId: "request-1" });
    }
    expect((await ask("/_gateway/health", undefined, "POST")).status).toBe(404);
  });
});

describe("what only the administrator may ask", () => {
  const SECRET = "a-long-random-secret";

  it.each([undefined, ""])("is not there at all where the secret is %j", async (secret) => {
    const ask = admin(secret);
    for (const authorization of [undefined, "Bearer ", `Bearer ${SECRET}`, "Bearer undefined"]) {
      expect((await ask("/_gateway/admin/manifest", authorization)).status).toBe(404);
    }
  });

  it.each<[string | undefined, string]>([
    [undefined, "credential-missing"],
    ["", "credential-missing"],
    ["Bearer", "credential-missing"],
    ["Bearer ", "credential-missing"],
    [`Basic ${SECRET}`, "credential-missing"],
    [SECRET, "credential-missing"],
    ["Bearer wrong", "credential-invalid"],
    [`Bearer ${SECRET}x`, "credential-invalid"],
    [`Bearer ${SECRET.slice(1)}`, "credential-invalid"],
    [`Bearer ${SECRET.toUpperCase()}`, "credential-invalid"],
  ])("is refused to %j", async (authorization, code) => {
    const ask = admin(SECRET);
    for (const path of ["/_gateway/admin/manifest", "/_gateway/admin/nowhere"]) {
      const answer = await ask(path, authorization);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="isogate admin"');
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(await answer.json()).toMatchObject({ code, requestId: "request-1" });
    }
  });

  it.each(["Bearer", "bearer", "BEARER"])("is answered to who has the secret, after %s", async (scheme) => {
    const answer = await admin(SECRET)("/_gateway/admin/manifest", `${scheme} ${SECRET}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      version: "1.2.3",
      manifest: "0123456789abcdef",
      routes: [{ route: "GET /v1/orders", authenticates: true, policies: ["access"], action: "forward" }],
    });
  });

  it("does not tell options, which may name what is nobody's business", async () => {
    const answer = await admin(SECRET)("/_gateway/admin/manifest", `Bearer ${SECRET}`);
    expect(await answer.text()).not.toContain("internal");
  });

  it("may have a secret of any characters", async () => {
    const secret = "with spaces and ümläuts";
    expect(await sameSecret(secret, secret)).toBe(true);
    expect((await admin("two words")("/_gateway/admin/manifest", "Bearer two words")).status).toBe(200);
  });
});

describe("a part's own app", () => {
  const app = () => new Hono().get("/", (c) => c.text("lists or callers"));

  it("is there only in a gateway that has the part and the secret", async () => {
    for (const [path, parts] of [
      ["/_gateway/admin/blocks", { blocks: app() }],
      ["/_gateway/consumers", { consumers: app() }],
    ] as const) {
      const authorization = "Bearer secret";
      expect((await admin("secret")(path, authorization)).status).toBe(404);
      expect((await admin(undefined, parts)(path, authorization)).status).toBe(404);
      expect(await (await admin("secret", parts)(path, authorization)).text()).toBe("lists or callers");
    }
  });

  it("is behind the secret where it holds lists", async () => {
    expect((await admin("secret", { blocks: app() })("/_gateway/admin/blocks", "Bearer other")).status).toBe(
      401,
    );
  });
});

describe("secrets", () => {
  it("are the same only if they are", async () => {
    expect(await sameSecret("a", "a")).toBe(true);
    expect(await sameSecret("", "")).toBe(true);
    for (const [given, expected] of [
      ["a", "b"],
      ["a", "aa"],
      ["", "a"],
      ["a\u0000", "a"],
    ] as const) {
      expect(await sameSecret(given, expected)).toBe(false);
    }
  });
});

describe("the counts of refusals", () => {
  const secret = "the-admin-secret";
  const ask = (query: string, authorization?: string) =>
    admin(secret)(`/_gateway/admin/refusals${query}`, authorization);

  it("are for whoever has the secret", async () => {
    expect((await ask("")).status).toBe(401);
    expect((await ask("", "Bearer wrong")).status).toBe(401);
  });

  it("are of the last day, or of as many hours as are asked for, the one under way included", async () => {
    for (const [query, hours, since] of [
      ["", 24, 499_977],
      ["?hours=1", 1, 500_000],
      ["?hours=168", 168, 499_833],
    ] as const) {
      expect(await (await ask(query, `Bearer ${secret}`)).json()).toEqual({
        hours,
        counts: [
          { route: "GET /a", code: "rate-limited", mode: "report", policy: "rateLimit", count: since },
        ],
      });
    }
  });

  it("are of whole hours that are kept", async () => {
    for (const hours of ["0", "-1", "1.5", "169", "all", ""]) {
      const answer = await ask(`?hours=${hours}`, `Bearer ${secret}`);
      expect([hours, answer.status]).toEqual([hours, 400]);
    }
  });
});
