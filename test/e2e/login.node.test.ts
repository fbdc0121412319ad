import { describe, expect, it } from "vitest";
import { serveGateway } from "../support/gateway.ts";
import { executable, serveLogin, VARIABLES } from "./chromium-login.ts";

describe.skipIf(executable === undefined)("a login in Chromium", () => {
  const login = serveLogin();
  const { home, logIn, sent, fetched, replayed, cookieField, refreshes } = login;

  describe("ends", () => {
    it("on the page that was asked for, with a cookie that only the gateway can read", async () => {
      await logIn("/page?tab=1");
      expect(await login.page.title()).toBe("the page");
      const cookies = await login.context.cookies(home());
      expect(cookies.map(({ name }) => name).sort()).toEqual([
        "__Host-isogate-auth",
        "__Host-isogate-auth~csrf",
      ]);
      expect(cookies.every(({ secure, path }) => secure && path === "/")).toBe(true);
      expect(cookies.find(({ name }) => name === "__Host-isogate-auth")).toMatchObject({
        httpOnly: true,
        sameSite: "Lax",
      });
    });

    it("with an origin that is told who calls and given the access token, but no cookie of the gateway", async () => {
      await login.context.addCookies([{ name: "theme", value: "dark", url: home() }]);
      await logIn();
      expect(await sent("/page")).toMatchObject({
        "x-identity-id": `${login.provider.issuer}#ada`,
        "x-identity-credential": "oidc",
        "x-identity-scopes": "openid profile",
        "x-identity-roles": "staff",
        authorization: expect.stringMatching(/^Bearer [\w-]{20,}$/),
        cookie: "theme=dark",
      });
      await login.page.goto(`${home()}/open`);
      expect(await sent("/open")).toMatchObject({ cookie: "theme=dark" });
      expect(await sent("/open")).not.toHaveProperty("authorization");
    });

    it("for scripts with who is logged in, and with 401 where nobody is", async () => {
      await login.page.goto(`${home()}/open`);
      const stranger = await fetched("/api/me");
      expect(stranger.status).toBe(401);
      expect(JSON.parse(stranger.body)).toMatchObject({ code: "credential-missing" });
      await logIn();
      const { status, body } = await fetched("/api/me");
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({
        subject: "ada",
        issuer: login.provider.issuer,
        credential: "oidc",
      });
      expect(JSON.parse(body).claims).not.toHaveProperty("nonce");
      expect((await fetched("/api/staff")).status).toBe(403);
    });

    it("in a cached route for each by themselves", async () => {
      await logIn("/cached");
      expect(await sent("/cached")).toMatchObject({ "x-identity-subject": "ada" });
      expect(await sent("/cached")).not.toHaveProperty("cookie");
      await login.context.clearCookies();
      await logIn("/cached", "grace");
      expect(await sent("/cached")).toMatchObject({ "x-identity-subject": "grace" });
    });

    it("for the other login of the gateway with cookies of its own, and no token for the origin", async () => {
      await login.origin.answer("/quiet/page", { headers: [["content-type", "text/html"]], body: "quiet" });
      await logIn("/quiet/page");
      expect(await sent("/quiet/page")).not.toHaveProperty("authorization");
      expect(await fetched("/api/me")).toMatchObject({ status: 401 });
    });
  });

  describe("goes on", () => {
    it("with new tokens, refreshed once however many ask", async () => {
      await logIn();
      const [before, first] = [refreshes(), (await sent("/page")).authorization];
      await expect
        .poll(
          async () => {
            await login.page.evaluate(() => Promise.all(Array.from({ length: 8 }, () => fetch("/page"))));
            return refreshes() - before;
          },
          { timeout: 8_000, interval: 50 },
        )
        .toBe(1);
      await fetched("/page");
      expect((await sent("/page")).authorization).not.toBe(first);
      expect(login.provider.asked).not.toContain("refresh_token refused");
      expect(refreshes() - before).toBe(1);
    });

    it("after an older cookie than the last: what it was refreshed to is known", async () => {
      await logIn();
      const [before, old] = [refreshes(), await cookieField()];
      await expect
        .poll(async () => (await fetched("/api/me")).status === 200 && refreshes() - before, {
          timeout: 8_000,
          interval: 50,
        })
        .toBe(1);
      const answer = await replayed("/api/me", old);
      expect(answer.status).toBe(200);
      expect(answer.headers.getSetCookie().join()).toContain("__Host-isogate-auth=");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(login.provider.asked).not.toContain("refresh_token refused");
    });
  });

  it("lasts over a gateway that is killed, and its secret's replacement", async () => {
    await logIn();
    const cookie = await cookieField();
    const before = login.gateway;
    await before.stop();
    const variables = {
      ...VARIABLES,
      OLD_SESSION_SECRET: VARIABLES.SESSION_SECRET,
      ORIGIN: login.origin.url,
    };
    const next = { ...variables, SESSION_SECRET: "the session secret of next year, as long" };
    login.gateway = await serveGateway(login.built, next, before);
    expect((await replayed("/api/me", cookie)).status).toBe(200);
    await login.gateway.stop();
    login.gateway = await serveGateway(login.built, { ...next, OLD_SESSION_SECRET: "x".repeat(32) }, before);
    expect((await replayed("/api/me", cookie)).status).toBe(401);
  });
});
