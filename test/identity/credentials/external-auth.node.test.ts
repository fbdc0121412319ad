import { describe, expect, it } from "vitest";
import { allOf, anyOf, jwt, secret } from "../../../src/manifest/index.ts";
import { ALLOWED, allow, bearer, guarded, judged, problemOf } from "../external-auth/guarded.ts";

const token = jwt({
  issuers: {
    issuer: "https://issuer.example",
    audience: "api",
    keys: { secret: secret("SESSION_SECRET") },
  },
});

describe("the question", () => {
  it("has what is declared and what the request is, and nothing else", async () => {
    const { ask, asked } = guarded(() => allow());
    const headers = {
      ...bearer.headers,
      "cf-connecting-ip": "203.0.113.9",
      "x-any": "thing",
      "x-forwarded-uri": "/open",
      "x-forwarded-method": "GET",
      "content-type": "text/plain",
    };
    await ask("/orders/1?q=a%20b", { method: "POST", headers, body: "secret" });
    const [sent] = asked();
    expect([sent?.method, sent?.url, sent?.body ?? null]).toEqual([
      "GET",
      "https://auth.example/base/verify",
      null,
    ]);
    expect(Object.fromEntries(sent?.headers ?? [])).toEqual({
      authorization: "Bearer good",
      "x-forwarded-method": "POST",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "api.example",
      "x-forwarded-uri": "/orders/1?q=a%20b",
      "x-forwarded-for": "203.0.113.9",
    });
  });

  it.each([
    ["GET", "DELETE", "GET"],
    ["HEAD", "DELETE", "HEAD"],
    ["original", "DELETE", "DELETE"],
  ] as const)("with the method %s is put of a %s as %s", async (method, own, expected) => {
    const { ask, asked } = guarded(() => allow(), { method });
    await ask("/orders/1", { ...bearer, method: own });
    expect(asked()[0]?.method).toBe(expected);
  });

  it("is about the path that the gateway goes by", async () => {
    const { ask, asked } = guarded(() => allow());
    await ask("/orders/%61b/c", bearer);
    expect(asked()[0]?.headers.get("x-forwarded-uri")).toBe("/orders/ab/c");
  });
});

describe("a service that allows", () => {
  it("says who calls", async () => {
    const { ask, passed, lines } = guarded(() => allow());
    expect((await ask("/orders/1", bearer)).status).toBe(200);
    expect(lines[0]).toMatchObject({ identity: "external:auth#ada", status: 200 });
    const names = ["id", "subject", "issuer", "credential", "scopes", "roles"];
    const told = names.map((name) => passed()[0]?.headers.get(`x-identity-${name}`));
    expect(told).toEqual([
      "external:auth#ada",
      "ada",
      "external:auth",
      "externalAuth",
      "read write",
      "staff root",
    ]);
  });

  it("does so with any 2xx, and not without a name", async () => {
    const answers = [
      new Response(null, { status: 204, headers: ALLOWED }),
      new Response(null, { status: 200 }),
      new Response(null, { status: 200, headers: { "x-auth-user": "" } }),
      new Response(null, { status: 200, headers: { "x-auth-user": "x".repeat(257) } }),
    ];
    const { ask, passed, lines } = guarded(() => answers.shift()!);
    expect((await ask("/orders/1", bearer)).status).toBe(200);
    for (let count = 0; count < 3; count++) {
      expect(await problemOf(await ask("/orders/1", bearer))).toEqual([
        503,
        "verification-unavailable",
        null,
      ]);
    }
    expect(passed()).toHaveLength(1);
    expect(lines[1]?.cause).toBe("auth allows and does not say whom");
  });

  it("tells the origin what is declared; the caller's own copies and the credentials end here", async () => {
    const { ask, passed } = guarded(() => allow({ "x-tenant": "tea", "x-other": "1" }), {
      toOrigin: ["X-Tenant", "X-Quota"],
    });
    const headers = {
      ...bearer.headers,
      cookie: "session=1",
      "X-AUTH-USER": "root",
      "x-auth-roles": "root",
      x_auth_user: "root",
      "x-tenant": "coffee",
      X_Tenant: "milk",
      "x-quota": "9",
      "x-other": "mine",
    };
    await ask("/orders/1", { headers });
    const got = passed()[0]!.headers;
    const names = [
      "authorization",
      "cookie",
      "x-auth-user",
      "x_auth_user",
      "x-auth-roles",
      "x_tenant",
      "x-quota",
    ];
    expect(names.map((name) => got.get(name))).toEqual(names.map(() => null));
    expect([got.get("x-tenant"), got.get("x-other")]).toEqual(["tea", "mine"]);
  });

  it("lets the origin have the credentials where that is declared", async () => {
    const { ask, passed } = guarded(() => allow(), { forwardCredentials: true });
    await ask("/orders/1", { headers: { ...bearer.headers, cookie: "session=1", "x-auth-user": "root" } });
    const got = passed()[0]!.headers;
    expect([got.get("authorization"), got.get("cookie"), got.get("x-auth-user")]).toEqual([
      "Bearer good",
      "session=1",
      null,
    ]);
  });

  it("grants scopes, and what lacks is 403", async () => {
    const asking = (scope: string) => ({
      access: (credential: Parameters<typeof anyOf>[0]) => (credential as typeof token)({ scopes: [scope] }),
    });
    expect((await guarded(() => allow(), {}, asking("write")).ask("/orders/1", bearer)).status).toBe(200);
    const lacking = await guarded(() => allow(), {}, asking("admin")).ask("/orders/1", bearer);
    expect(await problemOf(lacking)).toEqual([403, "insufficient-rights", null]);
  });

  it("is obeyed by rules of authorize", async () => {
    const authorize = { rules: [{ allow: true as const, roles: ["staff"] }] };
    expect((await guarded(() => allow(), {}, { authorize }).ask("/orders/1", bearer)).status).toBe(200);
    const none = guarded(() => allow({ "x-auth-roles": "" }), {}, { authorize });
    expect((await none.ask("/orders/1", bearer)).status).toBe(403);
  });
});

describe("beside other credentials", () => {
  it("is tried in its turn, and its failure is told where no other holds", async () => {
    const { ask } = guarded(
      () => new Response(null, { status: 403 }),
      {},
      {
        access: (credential) => anyOf(credential, token),
      },
    );
    expect((await ask("/orders/1")).status).toBe(403);
    const other = guarded(() => allow(), {}, { access: (credential) => anyOf(token, credential) });
    expect((await other.ask("/orders/1")).status).toBe(200);
  });

  it("tells the origin nothing where it has not let the request pass", async () => {
    const told = async (access: Parameters<typeof guarded>[2]) => {
      const { ask, passed } = guarded(() => allow({ "x-tenant": "tea" }), { toOrigin: ["x-tenant"] }, access);
      await ask("/orders/1", bearer);
      return passed().map(({ headers }) => headers.get("x-tenant"));
    };
    expect(await told({ access: (credential) => allOf(credential, credential) })).toEqual(["tea"]);
    // Its branch lets pass first, but the whole of it does not hold.
    const branch = { access: (credential: never) => anyOf(allOf(credential, token), credential) };
    expect(await told(branch as never)).toEqual(["tea"]);
  });

  it("on trial changes nothing", async () => {
    const { ask, passed, lines } = guarded(
      () => allow({ "x-tenant": "tea" }),
      { toOrigin: ["x-tenant"] },
      { access: (credential) => ({ rule: credential, mode: "report", meanwhile: "public" }) as never },
    );
    expect((await ask("/orders/1", { headers: { "x-tenant": "own" } })).status).toBe(200);
    expect(passed()[0]?.headers.get("x-tenant")).toBe("own");
    expect([passed()[0]?.headers.get("x-identity-id"), lines[0]?.identity]).toEqual([null, undefined]);
  });
});

describe("the check", () => {
  it("finds nothing wrong with good options, and what is wrong with others", () => {
    expect(judged({ cache: { ttl: "1m", by: ["path"] }, redirects: "relay", method: "original" })).toEqual(
      [],
    );
    const wrong = [
      judged({ forwardHeaders: [] }),
      judged({ forwardHeaders: ["Connection"] }),
      judged({ forwardHeaders: ["x-forwarded-for"] }),
      judged({ forwardHeaders: ["x_api_key"] }),
      judged({ toOrigin: ["x-identity-id"] }),
      judged({ identity: { subject: "no name" } }),
      judged({ identity: {} as never }),
      judged({ path: "verify" }),
      judged({ path: "/verify?x=1" }),
      judged({ method: "POST" as never }),
      judged({ cache: { ttl: "10m" } }),
      judged({ cache: { ttl: "1m", by: ["cookie" as never] } }),
      judged({ redirect: "relay" } as never),
    ];
    expect(wrong.map((lines) => lines.length)).toEqual(wrong.map(() => 1));
    expect(wrong.at(-1)?.[0]).toContain('Did you mean "redirects"?');
  });

  it("keeps what is about one caller from answers that are cached", () => {
    const cache = { ttl: "1m", key: { identity: true } };
    expect(judged({}, { cache })).toEqual([]);
    expect(judged({ toOrigin: ["x-tenant"] }, { cache })).toEqual([
      expect.stringContaining("toOrigin of externalAuth would decide a response that is cached for others"),
    ]);
  });
});
