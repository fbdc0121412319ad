import { describe, expect, it } from "vitest";
import { allOf, anyOf, jwt, secret } from "../../../src/manifest/index.ts";
import { NOW } from "../../support/in-process.ts";
import { ALLOWED, allow, guarded, judged } from "./guarded.ts";

const bearer = { headers: { authorization: "Bearer good" } };
const toClient = ["Set-Cookie", "x-auth-notice"];
const token = jwt({
  issuers: { issuer: "https://issuer.example", audience: "api", keys: { secret: secret("SESSION_SECRET") } },
});

/** An answer of the service with cookies of its own. */
const withCookies = (status = 200, init: HeadersInit = {}) =>
  new Response(null, {
    status,
    headers: [
      ...Object.entries(ALLOWED),
      ["set-cookie", "session=2; Path=/; HttpOnly"],
      ["set-cookie", "seen=1"],
      ["x-auth-notice", "expires soon"],
      ["x-secret", "1"],
      ...new Headers(init),
    ],
  });

const COOKIES = ["session=2; Path=/; HttpOnly", "seen=1"];
const seen = ({ headers }: Response) => [headers.getSetCookie(), headers.get("x-auth-notice")];

describe("what a service has for the caller", () => {
  it("goes to it where that is declared, and nothing else does", async () => {
    const { ask, passed } = guarded(() => withCookies(), { toClient });
    const answer = await ask("/orders/1", bearer);
    expect([answer.status, ...seen(answer)]).toEqual([200, COOKIES, "expires soon"]);
    expect(answer.headers.get("x-secret")).toBeNull();
    expect([passed()[0]?.headers.get("set-cookie"), passed()[0]?.headers.get("x-auth-notice")]).toEqual([
      null,
      null,
    ]);
    const none = await guarded(() => withCookies()).ask("/orders/1", bearer);
    expect(seen(none)).toEqual([[], null]);
    const cookiesOnly = await guarded(() => withCookies(), { toClient: ["set-cookie"] }).ask(
      "/orders/1",
      bearer,
    );
    expect(seen(cookiesOnly)).toEqual([COOKIES, null]);
  });

  it.each([401, 403])("goes to it with a refusal of %i too: that may end a session", async (status) => {
    const answer = await guarded(() => withCookies(status), { toClient }).ask("/orders/1", bearer);
    expect([answer.status, ...seen(answer)]).toEqual([status, COOKIES, "expires soon"]);
  });

  it("does not go where the service decided nothing", async () => {
    const answer = await guarded(() => withCookies(500), { toClient }).ask("/orders/1", bearer);
    expect([answer.status, ...seen(answer)]).toEqual([503, [], null]);
  });

  it("is given once with a redirect that is relayed, cookies and all", async () => {
    const redirect = () => withCookies(302, { location: "https://login.example/" });
    const answer = await guarded(redirect, { toClient, redirects: "relay" }).ask("/orders/1");
    expect([answer.status, ...seen(answer)]).toEqual([302, COOKIES, null]);
  });

  it("is given once although two rules name the credential, and the service is asked once", async () => {
    const { ask, asked } = guarded(
      () => withCookies(),
      { toClient },
      {
        access: (credential) => allOf(credential, credential({ scopes: ["read"] })),
      },
    );
    expect(seen(await ask("/orders/1", bearer))).toEqual([COOKIES, "expires soon"]);
    // The session that it has replaced would no longer hold.
    expect(asked()).toHaveLength(1);
  });

  it("is given whatever else the request lacks: the service will not say it twice", async () => {
    const access = (credential: typeof token) => allOf(credential, token);
    const answer = await guarded(() => withCookies(), { toClient }, { access: access as never }).ask(
      "/orders/1",
      bearer,
    );
    expect([answer.status, ...seen(answer)]).toEqual([401, COOKIES, "expires soon"]);
  });

  it("stands beside the origin's own cookies, and in place of its other fields", async () => {
    const { ask } = guarded(() => withCookies(), { toClient }, {
      headers: { response: { set: { "set-cookie": "own=1", "x-auth-notice": "own" } } },
    } as never);
    expect(seen(await ask("/orders/1", bearer))).toEqual([["own=1", ...COOKIES], "expires soon"]);
  });

  it("is stored by no cache: not the gateway's own, and none on the way", async () => {
    const answers = [withCookies(), allow(), allow()];
    const { ask, passed } = guarded(() => answers.shift()!, { toClient }, {
      method: "GET",
      cache: { ttl: "1m", key: { identity: true } },
      headers: { response: { set: { "cdn-cache-control": "max-age=60" } } },
    } as never);
    const first = await ask("/orders/1", bearer);
    expect([first.headers.get("cache-control"), first.headers.get("cdn-cache-control")]).toEqual([
      "no-store",
      null,
    ]);
    expect(seen(first)).toEqual([COOKIES, "expires soon"]);
    const hit = await ask("/orders/1", bearer);
    expect(hit.headers.get("cache-status")).toContain("hit");
    expect([...seen(hit), passed().length]).toEqual([[], null, 1]);
  });

  it("is not given again with a permission that is kept", async () => {
    const { ask, asked } = guarded(
      () => withCookies(),
      { toClient, cache: { ttl: "30s" } },
      {},
      { now: () => NOW },
    );
    expect(seen(await ask("/orders/1", bearer))).toEqual([COOKIES, "expires soon"]);
    const kept = await ask("/orders/1", bearer);
    expect([kept.status, ...seen(kept), asked().length]).toEqual([200, [], null, 1]);
    expect(kept.headers.get("cache-control")).not.toBe("no-store");
  });

  it("is nothing of a rule on trial", async () => {
    const access = (credential: never) => ({ rule: credential, mode: "report", meanwhile: "public" });
    const answer = await guarded(() => withCookies(), { toClient }, { access: access as never }).ask(
      "/orders/1",
    );
    expect(seen(answer)).toEqual([[], null]);
  });

  it("is none of the fields that are others' to set", () => {
    expect(judged({ toClient: ["Set-Cookie", "X-Auth-Request-User", "x-session-expires"] })).toEqual([]);
    for (const name of [
      "connection",
      "content-type",
      "content-length",
      "Cache-Control",
      "cdn-cache-control",
      "access-control-allow-origin",
      "www-authenticate",
      "location",
      "ratelimit",
      "etag",
      "x-request-id",
      "a b",
    ])
      expect(judged({ toClient: [name] })).toEqual([expect.stringMatching(/toClient/)]);
  });
});

describe("what several services have for the origin", () => {
  it("goes to it from each that let the request pass, and from none that did not", async () => {
    const told = async (access: (credential: never) => unknown) => {
      const { ask, passed } = guarded(
        () => allow({ "x-tenant": "tea" }),
        { toOrigin: ["x-tenant"] },
        {
          access: access as never,
        },
      );
      const basic = `Bearer ${await signed()}`;
      await ask("/orders/1", { headers: { authorization: basic } });
      return passed().map(({ headers }) => [headers.get("x-identity-credential"), headers.get("x-tenant")]);
    };
    expect(await told((credential) => allOf(token, credential))).toEqual([["jwt", "tea"]]);
    expect(await told((credential) => allOf(credential, token))).toEqual([["externalAuth", "tea"]]);
    expect(await told((credential) => anyOf(token, credential))).toEqual([["jwt", null]]);
    const never = token({ scopes: ["never"] });
    expect(await told((credential) => anyOf(allOf(token, credential, never), token))).toEqual([
      ["jwt", null],
    ]);
  });
});

async function signed(): Promise<string> {
  const { SignJWT } = await import("jose");
  return new SignJWT({})
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer("https://issuer.example")
    .setAudience("api")
    .setSubject("ada")
    .setIssuedAt(NOW / 1_000)
    .setExpirationTime(NOW / 1_000 + 600)
    .sign(new TextEncoder().encode("a secret of at least thirty-two bytes"));
}
