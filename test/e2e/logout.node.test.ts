import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { executable, serveLogin } from "./chromium-login.ts";

describe.skipIf(executable === undefined)("a login in Chromium is over", () => {
  const login = serveLogin();
  const { home, logIn, replayed, cookieField } = login;

  const isOver = async (cookie: string) => {
    expect((await replayed("/api/me", cookie)).status).toBe(401);
    const again = await login.page.goto(`${home()}/page`);
    expect(again?.url()).toContain(login.provider.issuer);
  };

  it("once somebody logs out, here and at the provider", async () => {
    await logIn();
    const stolen = await cookieField();
    await login.page.setContent(
      `<form method="post" action="${home()}/auth/logout"><button>out</button></form>`,
    );
    await login.page.click("button");
    expect(login.page.url()).toContain(`${login.provider.issuer}/session/end`);
    await login.page.click("button[type=submit]");
    await login.page.waitForURL(`${home()}/open`);
    expect(await login.context.cookies(home())).toEqual([]);
    await isOver(stolen);
    // The provider asks for the name again: there the session is over too.
    expect(await login.page.locator("input[name=login]").count()).toBe(1);
  });

  it("once the provider says so on the back channel", async () => {
    await logIn();
    const stolen = await cookieField();
    expect((await replayed("/api/me", stolen)).status).toBe(200);
    const elsewhere = await login.context.newPage();
    await elsewhere.goto(`${login.provider.issuer}/session/end`);
    await elsewhere.click("button[type=submit]");
    await elsewhere.waitForURL("**/session/end/success*");
    await expect.poll(() => login.provider.asked.at(-1), { timeout: 5_000 }).toMatch(/back-channel/);
    expect(login.provider.asked.at(-1)).toBe("back-channel logout");
    await isOver(stolen);
  });

  it("once the provider shows the logout's page in a frame", async () => {
    await logIn();
    const stolen = await cookieField();
    const { sid } = decodeJwt<{ sid: string }>(await idTokenOfAnother());
    const out = (iss: string, session: string) =>
      fetch(`${home()}/auth/frontchannel-logout?iss=${encodeURIComponent(iss)}&sid=${session}`);
    expect((await out("https://evil.example", sid)).status).toBe(400);
    expect((await out(login.provider.issuer, "guessed")).status).toBe(200);
    expect((await replayed("/api/me", stolen)).status).toBe(200);
    expect((await out(login.provider.issuer, sid)).status).toBe(200);
    expect((await replayed("/api/me", stolen)).status).toBe(401);
  });

  /** The ID token of a second session beside this one, as the provider is shown it at a logout. */
  async function idTokenOfAnother(): Promise<string> {
    await login.context.clearCookies({ name: /^__Host-isogate/ });
    await login.page.goto(`${home()}/page`);
    await login.page.waitForURL(`${home()}/page`);
    const cookie = await cookieField();
    const token = /~csrf=([^;]+)/.exec(cookie)?.[1] ?? "";
    const headers = { "x-csrf-token": token };
    const answer = await replayed("/auth/logout", cookie, { method: "POST", headers });
    const location = new URL(answer.headers.get("location") ?? "");
    return location.searchParams.get("id_token_hint") ?? "";
  }
});
