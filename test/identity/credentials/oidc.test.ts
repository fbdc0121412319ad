import { describe, expect, it } from "vitest";
import type { RequestContext } from "../../../src/context.ts";
import { secret } from "../../../src/env.ts";
import { options } from "../../../src/identity/credentials/oidc.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { CLIENT, codeOf, HOST, ISSUER, key, MINUTE, refused, TestGateway } from "../oidc/support.ts";
import { identity, testKey } from "../support.ts";

describe("a login", () => {
  it("asks for a code with PKCE, state and nonce, and for what is declared", async () => {
    const gateway = new TestGateway({ scopes: ["email"], parameters: { prompt: "login" } });
    const location = await gateway.logIn();
    expect(location.origin + location.pathname).toBe(`${ISSUER}/authorize`);
    const { state, nonce, code_challenge, ...rest } = Object.fromEntries(location.searchParams);
    expect(rest).toEqual({
      response_type: "code",
      client_id: "shop",
      redirect_uri: `https://${HOST}/auth/callback`,
      scope: "openid email",
      code_challenge_method: "S256",
      prompt: "login",
    });
    for (const random of [state, nonce, code_challenge]) expect(random).toMatch(/^[\w-]{43}$/);
    const [grant] = gateway.provider.asked;
    expect(Object.fromEntries(grant!)).toMatchObject({ code: "c", grant_type: "authorization_code" });
    const verifier = new TextEncoder().encode(grant!.get("code_verifier")!);
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", verifier)).toString("base64url");
    expect(code_challenge).toBe(digest);
    const { verdict } = await gateway.ask();
    expect(identity(verdict)).toMatchObject({
      id: `${ISSUER}#ada`,
      subject: "ada",
      issuer: ISSUER,
      scopes: ["openid", "email"],
      credential: "oidc",
      expiresAt: gateway.now() + 60 * MINUTE,
    });
    expect(identity(verdict).claims).not.toHaveProperty("nonce");
    expect(identity(verdict).claims).not.toHaveProperty("sid");
    expect(Object.isFrozen(identity(verdict).claims)).toBe(true);
  });

  it("is not finished with an ID token of another nonce, issuer, audience, time or key", async () => {
    const stranger = await testKey("RS256", "key-RS256");
    const second = Math.floor(new TestGateway().now() / 1_000);
    for (const [claims, signer] of [
      [{ nonce: "another" }, key],
      [{ nonce: undefined }, key],
      [{ iss: "https://evil.example" }, key],
      [{ aud: "another" }, key],
      [{ exp: second - 60 }, key],
      [{}, stranger],
    ] as const) {
      const gateway = new TestGateway();
      const begun = await gateway.answer("login");
      const { searchParams } = new URL(begun.headers.get("location")!);
      const about = { iss: ISSUER, aud: "shop", sub: "ada", iat: second, exp: second + 600 };
      gateway.provider.idToken = () => signer.sign({ ...about, nonce: searchParams.get("nonce"), ...claims });
      expect(await refused(gateway.answer("callback", `?code=c&state=${searchParams.get("state")}`))).toBe(
        "login-failed",
      );
    }
  });

  it("is not finished ten minutes later", async () => {
    const gateway = new TestGateway();
    const begun = await gateway.answer("login");
    const state = new URL(begun.headers.get("location")!).searchParams.get("state");
    gateway.now.advance(10 * MINUTE);
    expect(await refused(gateway.answer("callback", `?code=c&state=${state}`))).toBe("login-failed");
    expect(gateway.provider.asked).toEqual([]);
  });

  it("is not begun where the provider cannot be asked, and is once it can", async () => {
    const gateway = new TestGateway();
    gateway.provider.down = true;
    expect(await refused(gateway.answer("login"))).toBe("login-unavailable");
    gateway.provider.down = false;
    expect((await gateway.answer("login")).status).toBe(303);
  });

  it("is for routes that ask for what the session grants", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const demanding = (requirements: Requirements) => new TestGateway({}, gateway, { requirements });
    expect(codeOf(await demanding({ scopes: ["openid"] }).ask(gateway.cookie))).toBe("ada");
    expect(codeOf(await demanding({ scopes: ["admin"] }).ask(gateway.cookie))).toBe("insufficient-rights");
    expect(codeOf(await demanding({ claims: { sub: "grace" } }).ask(gateway.cookie))).toBe(
      "insufficient-rights",
    );
  });

  it("lets nobody in where a secret is weak, or the provider is on http outside development", async () => {
    const weak = new TestGateway({ session: { secret: [secret("x".repeat(32)), secret("short")] } });
    expect(codeOf(await weak.ask())).toBe("configuration-missing");
    const http = { issuer: "http://localhost:4000" };
    expect(codeOf(await new TestGateway(http).ask())).toBe("configuration-missing");
    expect(codeOf(await new TestGateway(http, undefined, { development: true }).ask())).toBeUndefined();
  });
});

describe("who has no session", () => {
  const invited = (headers: Record<string, string>, method = "GET") => {
    const { credential } = new TestGateway();
    const request = new Request(`https://${HOST}/page?a=1`, { headers, method });
    const ctx = { request, method, path: "/page", search: "?a=1" } as unknown as RequestContext;
    return credential.login?.invite(ctx)?.headers.get("location");
  };

  it("is sent to log in where a browser is about to show a page, and told otherwise", () => {
    const login = "/auth/login?returnTo=%2Fpage%3Fa%3D1";
    expect(invited({ "sec-fetch-mode": "navigate" })).toBe(login);
    expect(invited({ accept: "text/html,application/xhtml+xml;q=0.9" })).toBe(login);
    expect(invited({ accept: "*/*" })).toBeUndefined();
    expect(invited({ accept: "application/json, text/htmlx" })).toBeUndefined();
    expect(invited({ "sec-fetch-mode": "cors", accept: "text/html" })).toBeUndefined();
    expect(invited({ "sec-fetch-mode": "navigate" }, "POST")).toBeUndefined();
  });
});

describe("the options", () => {
  const faults = (more: object) =>
    options()
      .safeParse({ ...CLIENT, ...more })
      .error?.issues.map(({ path }) => path.join("."));

  it("are sound, with safe defaults", () => {
    expect(options().parse(CLIENT)).toMatchObject({
      scopes: ["openid"],
      session: { idleTimeout: 60 * MINUTE, maxAge: 12 * 60 * MINUTE },
      path: "/auth",
      afterLogout: "/",
      upstreamToken: false,
      trustedOrigins: [],
    });
    expect(options().parse({ ...CLIENT, scopes: ["openid", "email"] }).scopes).toEqual(["openid", "email"]);
  });

  it.each([
    ["issuer", { issuer: "http://login.example" }],
    ["issuer", { issuer: "https://login.example/?x" }],
    ["issuer", { issuer: "login.example" }],
    ["clientId", { clientId: "" }],
    ["clientSecret", { clientSecret: "written down" }],
    ["scopes.0", { scopes: ["two words"] }],
    ["parameters.state", { parameters: { state: "mine" } }],
    ["session.secret", { session: { secret: "written down" } }],
    ["session.idleTimeout", { session: { ...CLIENT.session, idleTimeout: "13h" } }],
    ["session.maxAge", { session: { ...CLIENT.session, maxAge: "31d" } }],
    ["path", { path: "/" }],
    ["path", { path: "/auth/" }],
    ["path", { path: "auth" }],
    ["path", { path: "/a;b" }],
    ["afterLogout", { afterLogout: "https://evil.example" }],
    ["afterLogout", { afterLogout: "//evil.example" }],
    ["trustedOrigins.0", { trustedOrigins: ["https://*.app.example"] }],
    ["trustedOrigins.0", { trustedOrigins: ["*"] }],
    ["rolesClaim", { rolesClaim: "" }],
  ])("have a wrong %s in %j", (path, more) => {
    expect(faults(more)?.map((each) => each || "unknown")).toContain(path);
  });
});
