import { decodeJwt } from "jose";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findChromium, startChromium } from "../support/browser.ts";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { type OpenIdProvider, startOpenIdProvider } from "../support/openid-provider.ts";
import { type Origin, startOrigin } from "../support/origin.ts";

const executable = findChromium();
if (executable === undefined) {
  console.warn("SKIPPED: no Chromium on the path. Install it, or name its binary in CHROMIUM: .ci/run does.");
}
const VARIABLES = {
  CLIENT_SECRET: "the client's own secret",
  SESSION_SECRET: "a session secret of thirty-two bytes",
  OLD_SESSION_SECRET: "an older session secret, as long as it",
};

describe.skipIf(executable === undefined)("a login in Chromium", () => {
  let provider: OpenIdProvider;
  let origin: Origin;
  let built: BuiltGateway;
  let gateway: ServedGateway;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const home = () => `http://127.0.0.1:${gateway.port}`;

  beforeAll(async () => {
    [provider, origin, browser] = await Promise.all([
      startOpenIdProvider(),
      startOrigin(),
      startChromium(executable!),
    ]);
    built = await buildGateway("login.ts", { ISSUER: provider.issuer }, ["--development"]);
    gateway = await serveGateway(built, { ...VARIABLES, ORIGIN: origin.url });
    await provider.serve(home());
    const headers = [["content-type", "text/html"]] as const;
    await origin.answer("/page", { headers, body: "<!doctype html><title>the page</title>" });
    await origin.answer("/open", { headers, body: "<!doctype html><title>open to all</title>" });
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), gateway?.stop(), origin?.stop(), provider?.stop()]);
    if (built !== undefined) await removeGateway(built);
  });
  beforeEach(async () => {
    context = await browser.newContext();
    context.setDefaultTimeout(5_000);
    // The provider's sample pages ask for fonts from far away.
    await context.route(
      ({ hostname }) => !["127.0.0.1", "localhost"].includes(hostname),
      (route) => route.abort(),
    );
    page = await context.newPage();
  });
  afterEach(() => context.close());

  /** Goes to a page of the gateway, and through the provider's own pages to it. */
  async function logIn(path = "/page", name = "ada"): Promise<void> {
    await page.goto(home() + path);
    await page.fill("input[name=login]", name);
    await page.fill("input[name=password]", "any");
    await page.click("button[type=submit]");
    await page.waitForLoadState();
    await page.click("button[type=submit]");
    await page.waitForURL(home() + path);
  }

  /** What the origin was sent last for a path, by name; repeated fields are joined. */
  const sent = async (path: string): Promise<Readonly<Record<string, string>>> => {
    const { headers } = (await origin.requests(path)).at(-1)!;
    const names = [...new Set(headers.map(([name]) => name.toLowerCase()))];
    const fieldOf = (name: string) =>
      headers.flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : [])).join(", ");
    return Object.fromEntries(names.map((name) => [name, fieldOf(name)]));
  };
  /** A request that the page's own script makes. */
  const fetched = (path: string, init: RequestInit = {}) =>
    page.evaluate(
      async ({ path, init }) => {
        const response = await fetch(path, init);
        return { status: response.status, body: await response.text() };
      },
      { path, init },
    );
  /** A request with these cookies, as a program makes it. */
  const replayed = (path: string, cookie: string, init: RequestInit = {}) =>
    fetch(home() + path, { redirect: "manual", ...init, headers: { cookie, ...init.headers } });
  const cookieField = async () =>
    (await context.cookies(home())).map(({ name, value }) => `${name}=${value}`).join("; ");
  const refreshes = () => provider.asked.filter((grant) => grant === "refresh_token").length;

  describe("ends", () => {
    it("on the page that was asked for, with a cookie that only the gateway can read", async () => {
      await logIn("/page?tab=1");
      expect(await page.title()).toBe("the page");
      const cookies = await context.cookies(home());
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
      await context.addCookies([{ name: "theme", value: "dark", url: home() }]);
      await logIn();
      expect(await sent("/page")).toMatchObject({
        "x-identity-id": `${provider.issuer}#ada`,
        "x-identity-credential": "oidc",
        "x-identity-scopes": "openid profile",
        "x-identity-roles": "staff",
        authorization: expect.stringMatching(/^Bearer [\w-]{20,}$/),
        cookie: "theme=dark",
      });
      await page.goto(`${home()}/open`);
      expect(await sent("/open")).toMatchObject({ cookie: "theme=dark" });
      expect(await sent("/open")).not.toHaveProperty("authorization");
    });

    it("for scripts with who is logged in, and with 401 where nobody is", async () => {
      await page.goto(`${home()}/open`);
      const stranger = await fetched("/api/me");
      expect(stranger.status).toBe(401);
      expect(JSON.parse(stranger.body)).toMatchObject({ code: "credential-missing" });
      await logIn();
      const { status, body } = await fetched("/api/me");
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ subject: "ada", issuer: provider.issuer, credential: "oidc" });
      expect(JSON.parse(body).claims).not.toHaveProperty("nonce");
      expect((await fetched("/api/staff")).status).toBe(403);
    });

    it("in a cached route for each by themselves", async () => {
      await logIn("/cached");
      expect(await sent("/cached")).toMatchObject({ "x-identity-subject": "ada" });
      expect(await sent("/cached")).not.toHaveProperty("cookie");
      await context.clearCookies();
      await logIn("/cached", "grace");
      expect(await sent("/cached")).toMatchObject({ "x-identity-subject": "grace" });
    });

    it("for the other login of the gateway with cookies of its own, and no token for the origin", async () => {
      await origin.answer("/quiet/page", { headers: [["content-type", "text/html"]], body: "quiet" });
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
            await page.evaluate(() => Promise.all(Array.from({ length: 8 }, () => fetch("/page"))));
            return refreshes() - before;
          },
          { timeout: 8_000, interval: 50 },
        )
        .toBe(1);
      await fetched("/page");
      expect((await sent("/page")).authorization).not.toBe(first);
      expect(provider.asked).not.toContain("refresh_token refused");
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
      expect(provider.asked).not.toContain("refresh_token refused");
    });
  });

  describe("is over", () => {
    const isOver = async (cookie: string) => {
      expect((await replayed("/api/me", cookie)).status).toBe(401);
      const again = await page.goto(`${home()}/page`);
      expect(again?.url()).toContain(provider.issuer);
    };

    it("once somebody logs out, here and at the provider", async () => {
      await logIn();
      const stolen = await cookieField();
      await page.setContent(`<form method="post" action="${home()}/auth/logout"><button>out</button></form>`);
      await page.click("button");
      expect(page.url()).toContain(`${provider.issuer}/session/end`);
      await page.click("button[type=submit]");
      await page.waitForURL(`${home()}/open`);
      expect(await context.cookies(home())).toEqual([]);
      await isOver(stolen);
      // The provider asks for the name again: there the session is over too.
      expect(await page.locator("input[name=login]").count()).toBe(1);
    });

    it("once the provider says so on the back channel", async () => {
      await logIn();
      const stolen = await cookieField();
      expect((await replayed("/api/me", stolen)).status).toBe(200);
      const elsewhere = await context.newPage();
      await elsewhere.goto(`${provider.issuer}/session/end`);
      await elsewhere.click("button[type=submit]");
      await elsewhere.waitForURL("**/session/end/success*");
      await expect.poll(() => provider.asked.at(-1), { timeout: 5_000 }).toMatch(/back-channel/);
      expect(provider.asked.at(-1)).toBe("back-channel logout");
      await isOver(stolen);
    });

    it("once the provider shows the logout's page in a frame", async () => {
      await logIn();
      const stolen = await cookieField();
      const { sid } = decodeJwt<{ sid: string }>(await idTokenOfAnother());
      const out = (iss: string, session: string) =>
        fetch(`${home()}/auth/frontchannel-logout?iss=${encodeURIComponent(iss)}&sid=${session}`);
      expect((await out("https://evil.example", sid)).status).toBe(400);
      expect((await out(provider.issuer, "guessed")).status).toBe(200);
      expect((await replayed("/api/me", stolen)).status).toBe(200);
      expect((await out(provider.issuer, sid)).status).toBe(200);
      expect((await replayed("/api/me", stolen)).status).toBe(401);
    });

    /** The ID token of a second session beside this one, as the provider is shown it at a logout. */
    async function idTokenOfAnother(): Promise<string> {
      await context.clearCookies({ name: /^__Host-isogate/ });
      await page.goto(`${home()}/page`);
      await page.waitForURL(`${home()}/page`);
      const cookie = await cookieField();
      const token = /~csrf=([^;]+)/.exec(cookie)?.[1] ?? "";
      const headers = { "x-csrf-token": token };
      const answer = await replayed("/auth/logout", cookie, { method: "POST", headers });
      const location = new URL(answer.headers.get("location") ?? "");
      return location.searchParams.get("id_token_hint") ?? "";
    }
  });

  describe("is refused", () => {
    /** Begins a login as a program, and takes it to the provider's answer with the browser's own session there. */
    async function callbackOf(name: string) {
      await logIn("/page", name);
      await context.clearCookies({ name: /^__Host-isogate/ });
      const begun = await fetch(`${home()}/auth/login`, { redirect: "manual" });
      const cookie = begun.headers.getSetCookie()[0]!.split(";")[0]!;
      const answer = await context.request.get(begun.headers.get("location")!, { maxRedirects: 0 });
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
        await page.goto(`${home()}/auth/login?returnTo=${encodeURIComponent(target)}`).catch(() => undefined);
        expect([target, page.url()]).toEqual([target, `${home()}/`]);
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
      const orders = async () => (await origin.requests("/api/orders")).length;
      await logIn();
      const before = await orders();
      // Of the same site, but not of the same web origin: the cookies are sent.
      const form = `<form method="post" action="${home()}/api/orders"><button>win</button></form>`;
      await origin.answer("/evil", { headers: [["content-type", "text/html"]], body: form });
      for (const host of ["127.0.0.1", "localhost"]) {
        await page.goto(`http://${host}:${new URL(origin.url).port}/evil`);
        await page.click("button");
        await page.waitForURL(`${home()}/api/orders`);
        expect(await page.textContent("body")).toContain(
          host === "127.0.0.1" ? "cross-site-request" : "credential-missing",
        );
      }
      expect(await orders()).toBe(before);
      await page.goto(`${home()}/page`);
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

  it("lasts over a gateway that is killed, and its secret's replacement", async () => {
    await logIn();
    const cookie = await cookieField();
    const before = gateway;
    await before.stop();
    const variables = { ...VARIABLES, OLD_SESSION_SECRET: VARIABLES.SESSION_SECRET, ORIGIN: origin.url };
    const next = { ...variables, SESSION_SECRET: "the session secret of next year, as long" };
    gateway = await serveGateway(built, next, before);
    expect((await replayed("/api/me", cookie)).status).toBe(200);
    await gateway.stop();
    gateway = await serveGateway(built, { ...next, OLD_SESSION_SECRET: "x".repeat(32) }, before);
    expect((await replayed("/api/me", cookie)).status).toBe(401);
  });
});
