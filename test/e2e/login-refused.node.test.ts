import { describe, expect, it } from "vitest";
import { executable, serveLogin } from "./chromium-login.ts";

describe.skipIf(executable === undefined)("a login in Chromium is refused", () => {
  const login = serveLogin();
  const { home, logIn, fetched, replayed, cookieField } = login;

  /** Begins a login as a program, and takes it to the provider's answer with the browser's own session there. */
  async function callbackOf(name: string) {
    await logIn("/page", name);
    await login.context.clearCookies({ name: /^__Host-isogate/ });
    const begun = await fetch(`${home()}/auth/login`, { redirect: "manual" });
    const cookie = begun.headers.getSetCookie()[0]!.split(";")[0]!;
    const answer = await login.context.request.get(begun.headers.get("location")!, { maxRedirects: 0 });
    const { pathname, search } = new URL(answer.headers().location!);
    return { path: pathname + search, cookie };
  }
  const failed = async (answer: Response) => {
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "login-failed" });
    expect(answer.headers.getSetCookie().join()).not.toMatch(/__Host-isogate-auth=\d/);
  };

  it("where another browser has begun it, or nobody", async () => {
    const { path, cookie } = await callbackOf("ada");
    const other = await fetch(`${home()}/auth/login`, { redirect: "manual" });
    await failed(await replayed(path, ""));
    await failed(await replayed(path, other.headers.getSetCookie()[0]!.split(";")[0]!));
    // The value of one login under the name of another: its state is not the one that came back.
    const [name] = cookie.split("=");
    const [, value] = /=([^;]*)/.exec(other.headers.getSetCookie()[0]!)!;
    await failed(await replayed(path, `${name}=${value}`));
    await failed(await replayed(path.replace(/state=./, "state=~"), cookie));
    await failed(await replayed(path.replace(/iss=[^&]*/, "iss=https%3A%2F%2Fevil.example"), cookie));
    expect((await replayed(path, cookie)).status).toBe(303);
  });

  it("where its code comes again", async () => {
    const { path, cookie } = await callbackOf("ada");
    const first = await replayed(path, cookie);
    expect(first.status).toBe(303);
    expect(first.headers.get("location")).toBe("/");
    await failed(await replayed(path, cookie));
  });

  it("where it leads to another site afterwards", async () => {
    await logIn();
    for (const target of [
      "https://evil.example/",
      "//evil.example/",
      "/\\evil.example/",
      "/\t/evil.example",
      "/..//evil.example",
      "javascript:alert(1)",
      "https:evil.example",
      "/auth/login",
    ]) {
      await login.page
        .goto(`${home()}/auth/login?returnTo=${encodeURIComponent(target)}`)
        .catch(() => undefined);
      expect([target, login.page.url()]).toEqual([target, `${home()}/`]);
    }
  });

  it("where the cookie was not made here, or was changed", async () => {
    await logIn();
    const cookie = await cookieField();
    const value = /__Host-isogate-auth=1\.([^;]+)/.exec(cookie)![1]!;
    const other = `${value.slice(0, 200)}${value[200] === "A" ? "B" : "A"}${value.slice(201)}`;
    for (const forged of [other, value.slice(0, -4), "", "x", "A".repeat(600), `${value}.${value}`]) {
      const answer = await replayed("/api/me", `__Host-isogate-auth=1.${forged}`);
      expect(answer.status).toBe(401);
      expect(answer.headers.getSetCookie().join()).toContain("Max-Age=0");
    }
    // One login's cookie is not another's.
    expect((await replayed("/quiet/page", `__Host-isogate-quiet.auth=1.${value}`)).status).toBe(401);
    expect((await replayed("/api/me", cookie)).status).toBe(200);
  });

  it("where another site has a browser post", async () => {
    const orders = async () => (await login.origin.requests("/api/orders")).length;
    await logIn();
    const before = await orders();
    // Of the same site, but not of the same web origin: the cookies are sent.
    const form = `<form method="post" action="${home()}/api/orders"><button>win</button></form>`;
    await login.origin.answer("/evil", { headers: [["content-type", "text/html"]], body: form });
    for (const host of ["127.0.0.1", "localhost"]) {
      await login.page.goto(`http://${host}:${new URL(login.origin.url).port}/evil`);
      await login.page.click("button");
      await login.page.waitForURL(`${home()}/api/orders`);
      expect(await login.page.textContent("body")).toContain(
        host === "127.0.0.1" ? "cross-site-request" : "credential-missing",
      );
    }
    expect(await orders()).toBe(before);
    await login.page.goto(`${home()}/page`);
    expect(await fetched("/api/orders", { method: "POST", body: "tea" })).toMatchObject({ status: 200 });
    expect(await orders()).toBe(before + 1);
  });

  it("where a program without Origin posts, and lets it with the session's own token", async () => {
    await logIn();
    const cookie = await cookieField();
    const token = /~csrf=([^;]+)/.exec(cookie)![1]!;
    const post = async (headers: Record<string, string>) =>
      (await replayed("/api/orders", cookie, { method: "POST", headers })).status;
    expect(await post({})).toBe(403);
    expect(await post({ "x-csrf-token": `${token.slice(0, -1)}_` })).toBe(403);
    expect(await post({ "x-csrf-token": token, origin: "null" })).toBe(403);
    expect(await post({ "x-csrf-token": token })).toBe(200);
    expect(await post({ origin: home() })).toBe(200);
    expect(await post({ origin: "https://evil.example" })).toBe(403);
    expect(await post({ origin: home(), "sec-fetch-site": "same-origin" })).toBe(200);
  });

  it("where a logout token is none", async () => {
    await logIn();
    const token = await replayed("/auth/backchannel-logout", "", {
      method: "POST",
      body: new URLSearchParams({ logout_token: "a.b.c" }),
    });
    expect(token.status).toBe(400);
    const none = await replayed("/auth/backchannel-logout", "", { method: "POST" });
    expect(none.status).toBe(400);
    expect(await fetched("/api/me")).toMatchObject({ status: 200 });
  });
});
