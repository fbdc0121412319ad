import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
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

/** Where there is none, the tests of logins are skipped. */
export const executable = findChromium();
if (executable === undefined) {
  console.warn("SKIPPED: no Chromium on the path. Install it, or name its binary in CHROMIUM: .ci/run does.");
}
/** The gateway's environment, beside its origin. */
export const VARIABLES = {
  CLIENT_SECRET: "the client's own secret",
  SESSION_SECRET: "a session secret of thirty-two bytes",
  OLD_SESSION_SECRET: "an older session secret, as long as it",
};

/** What a file of logins has running, with a new browser context and page for each test. */
interface Running {
  provider: OpenIdProvider;
  origin: Origin;
  built: BuiltGateway;
  gateway: ServedGateway;
  browser: Browser;
  context: BrowserContext;
  page: Page;
}

/** Serves login.ts beside an OpenID provider, an origin and Chromium, and ends them after a file's tests. */
export function serveLogin() {
  const login = {} as Running;
  const home = () => `http://127.0.0.1:${login.gateway.port}`;

  beforeAll(async () => {
    [login.provider, login.origin, login.browser] = await Promise.all([
      startOpenIdProvider(),
      startOrigin(),
      startChromium(executable!),
    ]);
    login.built = await buildGateway("login.ts", { ISSUER: login.provider.issuer }, ["--development"]);
    login.gateway = await serveGateway(login.built, { ...VARIABLES, ORIGIN: login.origin.url });
    await login.provider.serve(home());
    const headers = [["content-type", "text/html"]] as const;
    await login.origin.answer("/page", { headers, body: "<!doctype html><title>the page</title>" });
    await login.origin.answer("/open", { headers, body: "<!doctype html><title>open to all</title>" });
  });
  afterAll(async () => {
    await Promise.all([
      login.browser?.close(),
      login.gateway?.stop(),
      login.origin?.stop(),
      login.provider?.stop(),
    ]);
    if (login.built !== undefined) await removeGateway(login.built);
  });
  beforeEach(async () => {
    login.context = await login.browser.newContext();
    login.context.setDefaultTimeout(5_000);
    // The provider's sample pages ask for fonts from far away.
    await login.context.route(
      ({ hostname }) => !["127.0.0.1", "localhost"].includes(hostname),
      (route) => route.abort(),
    );
    login.page = await login.context.newPage();
  });
  afterEach(() => login.context.close());

  /** Goes to a page of the gateway, and through the provider's own pages to it. */
  const logIn = async (path = "/page", name = "ada"): Promise<void> => {
    await login.page.goto(home() + path);
    await login.page.fill("input[name=login]", name);
    await login.page.fill("input[name=password]", "any");
    await login.page.click("button[type=submit]");
    await login.page.waitForLoadState();
    await login.page.click("button[type=submit]");
    await login.page.waitForURL(home() + path);
  };

  /** What the origin was sent last for a path, by name; repeated fields are joined. */
  const sent = async (path: string): Promise<Readonly<Record<string, string>>> => {
    const { headers } = (await login.origin.requests(path)).at(-1)!;
    const names = [...new Set(headers.map(([name]) => name.toLowerCase()))];
    const fieldOf = (name: string) =>
      headers.flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : [])).join(", ");
    return Object.fromEntries(names.map((name) => [name, fieldOf(name)]));
  };
  /** A request that the page's own script makes. */
  const fetched = (path: string, init: RequestInit = {}) =>
    login.page.evaluate(
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
    (await login.context.cookies(home())).map(({ name, value }) => `${name}=${value}`).join("; ");
  const refreshes = () => login.provider.asked.filter((grant) => grant === "refresh_token").length;

  return Object.assign(login, { home, logIn, sent, fetched, replayed, cookieField, refreshes });
}
