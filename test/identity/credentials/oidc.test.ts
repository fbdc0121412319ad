import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import type { KeyedContext, RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { secret } from "../../../src/env.ts";
import { Refusal, RefusalError } from "../../../src/errors/refusal.ts";
import type { Credential } from "../../../src/identity/credential.ts";
import { create, type OidcOptions, options } from "../../../src/identity/credentials/oidc.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import type { LoginEndpoint } from "../../../src/identity/login.ts";
import { createMemorySessions } from "../../../src/stores/sessions/memory.ts";
import type { SessionStore } from "../../../src/stores/sessions/session-store.ts";
import { clock, identity, type TestKey, testKey } from "../support.ts";

const ISSUER = "https://login.example";
const HOST = "shop.example";
const MINUTE = 60_000;
const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const CLIENT: OidcOptions = {
  issuer: ISSUER,
  clientId: "shop",
  clientSecret: secret("the client's own"),
  session: { secret: secret("a session secret of thirty-two bytes") },
};

let key: TestKey;
beforeAll(async () => {
  key = await testKey("RS256");
});

/** A provider of a few lines, behind the gateway's fetch. */
class TestProvider {
  /** Grants that were asked of it. */
  readonly asked: URLSearchParams[] = [];
  down = false;
  subject = "ada";
  nonce: string | undefined;
  lifetime: number | undefined = 300;
  refreshable = true;
  valid = new Set(["refresh-0"]);
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly fetch: Deps["fetch"] = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (this.down) return new Response("down", { status: 503 });
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return Response.json({
          issuer: ISSUER,
          authorization_endpoint: `${ISSUER}/authorize`,
          token_endpoint: `${ISSUER}/token`,
          jwks_uri: `${ISSUER}/keys`,
          end_session_endpoint: `${ISSUER}/out`,
        });
      case "/keys":
        return Response.json({ keys: [key.publicJwk] });
      default:
        return this.#grant(new URLSearchParams(String(init?.body)));
    }
  };

  async idToken(claims: object = {}): Promise<string> {
    const now = Math.floor(this.#now() / 1_000);
    const about = { iss: ISSUER, aud: "shop", sub: this.subject, sid: "sid-1", iat: now, exp: now + 600 };
    return key.sign({ ...about, ...(this.nonce !== undefined && { nonce: this.nonce }), ...claims });
  }

  async #grant(asked: URLSearchParams): Promise<Response> {
    this.asked.push(asked);
    const given = asked.get("refresh_token");
    // A refresh token is taken once.
    if (given !== null && !this.valid.delete(given))
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    const number = this.asked.length;
    if (this.refreshable) this.valid.add(`refresh-${number}`);
    return Response.json({
      access_token: `access-${number}`,
      token_type: "Bearer",
      id_token: await this.idToken(),
      ...(this.lifetime !== undefined && { expires_in: this.lifetime }),
      ...(this.refreshable && { refresh_token: `refresh-${number}` }),
    });
  }
}

interface Answer {
  readonly verdict: Awaited<ReturnType<Credential["verify"]>>;
  readonly ctx: RequestContext;
  readonly cookies: readonly string[];
}

/** An isolate: of several, all have the same store and provider. */
class TestGateway {
  readonly provider: TestProvider;
  readonly credential: Credential;
  readonly store: SessionStore;
  readonly now: ReturnType<typeof clock>;
  /** What the browser holds. */
  readonly jar = new Map<string, string>();

  constructor(
    more: Partial<OidcOptions> = {},
    beside?: TestGateway,
    given: { store?: SessionStore; requirements?: Requirements; development?: boolean } = {},
  ) {
    this.now = beside?.now ?? clock();
    this.provider = beside?.provider ?? new TestProvider(this.now);
    this.store = given.store ?? beside?.store ?? createMemorySessions(this.now);
    const compiled = options().parse({ ...CLIENT, ...more });
    const secrets = compiled.session.secret.map(({ $env }) => $env);
    const revived = {
      ...compiled,
      clientSecret: compiled.clientSecret?.$env,
      session: { ...compiled.session, secret: secrets },
    };
    const deps = {
      now: this.now,
      random: (bytes: Uint8Array) => crypto.getRandomValues(bytes),
      fetch: this.provider.fetch,
      sessions: this.store,
      development: given.development ?? false,
    } as unknown as Deps;
    this.credential = create(revived as Parameters<typeof create>[0], given.requirements ?? {}, { deps });
  }

  get cookie(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Whom a request is from. @param cookie in place of the browser's */
  async ask(cookie = this.cookie, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (cookie !== "") headers.set("cookie", cookie);
    const request = new Request(`https://${HOST}/page?a=1`, { ...init, headers });
    const ctx = this.#context(request) as unknown as RequestContext;
    const verdict = await this.credential.verify(ctx);
    ctx.identity = verdict instanceof Refusal ? undefined : verdict;
    this.credential.login?.admitted(ctx);
    const answer = new Headers();
    this.credential.login?.finalise(ctx, answer);
    this.keep(answer);
    return { verdict, ctx, cookies: answer.getSetCookie() };
  }

  /** An endpoint's answer. @throws what it refuses with */
  async answer(
    endpoint: LoginEndpoint,
    search = "",
    body?: string,
    headers: HeadersInit = {},
  ): Promise<Response> {
    const method = body === undefined ? "GET" : "POST";
    const init = {
      method,
      headers: { cookie: this.cookie, ...headers },
      ...(body !== undefined && { body }),
    };
    const ctx = this.#context(new Request(`https://${HOST}/auth/${endpoint}${search}`, init));
    const response = await this.credential.login!.answer(endpoint, ctx as unknown as KeyedContext);
    this.keep(response.headers);
    return response;
  }

  async logIn(): Promise<URL> {
    const begun = await this.answer("login", "?returnTo=/page");
    const location = new URL(begun.headers.get("location")!);
    this.provider.nonce = location.searchParams.get("nonce")!;
    await this.answer("callback", `?code=c&state=${location.searchParams.get("state")}`);
    this.provider.nonce = undefined;
    return location;
  }

  keep(headers: Headers): void {
    for (const cookie of headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (cookie.includes("Max-Age=0")) this.jar.delete(name);
      else this.jar.set(name, value);
    }
  }

  #context(request: Request) {
    const { search, searchParams } = new URL(request.url);
    return {
      request,
      headers: request.headers,
      method: request.method,
      body: request.body,
      scheme: "https",
      host: HOST,
      path: "/page",
      search,
      query: searchParams,
      budget: new Budget(this.now() + 30_000),
      record: {} as { notes?: string[] },
      execution: { waitUntil: () => {} },
      identity: undefined,
      toOrigin: undefined,
    };
  }
}

const codeOf = ({ verdict }: Answer) => (verdict instanceof Refusal ? verdict.code : verdict?.subject);
/** The code that an endpoint refuses with. */
const refused = (answer: Promise<unknown>) =>
  answer.then(
    () => "not refused",
    (error: unknown) => (error instanceof RefusalError ? error.refusal.code : error),
  );

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

describe("a session", () => {
  it("ends when it was not used for a while, and however much it is used", async () => {
    const gateway = new TestGateway({
      session: { ...CLIENT.session, idleTimeout: "10m", maxAge: "1h" },
    });
    gateway.provider.refreshable = false;
    await gateway.logIn();
    const first = gateway.cookie;
    for (let minutes = 9; minutes < 60; minutes += 9) {
      gateway.now.advance(9 * MINUTE);
      expect([minutes, codeOf(await gateway.ask())]).toEqual([minutes, "ada"]);
    }
    expect(gateway.cookie).not.toBe(first);
    const last = gateway.cookie;
    expect(codeOf(await gateway.ask(first))).toBe("credential-invalid");
    gateway.now.advance(6 * MINUTE);
    expect(codeOf(await gateway.ask(last))).toBe("credential-invalid");
  });

  it("asks nobody while nothing is due", async () => {
    const asked: string[] = [];
    const gateway = new TestGateway();
    await gateway.logIn();
    const generation = gateway.store.generation.bind(gateway.store);
    gateway.store.generation = (owner, id) => {
      asked.push(id);
      return generation(owner, id);
    };
    gateway.now.advance(29_000);
    const { verdict, cookies } = await gateway.ask();
    expect(identity((await gateway.ask()).verdict)).toBe(identity(verdict));
    expect([asked.length, cookies.length]).toEqual([0, 0]);
    gateway.now.advance(2_000);
    await gateway.ask();
    await gateway.ask();
    expect(asked).toHaveLength(1);
  });

  it("that was logged out in one isolate ends there at once, and in others after thirty seconds", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const cookie = gateway.cookie;
    const other = new TestGateway({}, gateway);
    expect(codeOf(await other.ask(cookie))).toBe("ada");
    const headers = { "sec-fetch-site": "same-origin" };
    const out = await gateway.answer("logout", "", "", headers);
    const location = new URL(out.headers.get("location")!);
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      client_id: "shop",
      post_logout_redirect_uri: `https://${HOST}/`,
      id_token_hint: expect.stringMatching(/^ey/),
    });
    expect(gateway.jar.size).toBe(0);
    expect(codeOf(await gateway.ask(cookie))).toBe("credential-invalid");
    expect(codeOf(await other.ask(cookie))).toBe("ada");
    gateway.now.advance(30_000);
    expect(codeOf(await other.ask(cookie))).toBe("credential-invalid");
    expect(codeOf(await new TestGateway({}, gateway).ask(cookie))).toBe("credential-invalid");
  });

  it("is not ended by another site's form", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const evil = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect(await refused(gateway.answer("logout", "", "", evil))).toBe("cross-site-request");
    expect(await refused(gateway.answer("logout", "", ""))).toBe("cross-site-request");
    expect(codeOf(await gateway.ask())).toBe("ada");
  });

  it("lets nobody in where the store cannot be asked", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const broken = { ...gateway.store, generation: () => Promise.reject(new Error("no store")) };
    const other = new TestGateway({}, gateway, { store: broken });
    expect(await refused(other.ask(gateway.cookie))).toBe("store-unavailable");
  });
});

describe("a refresh", () => {
  const refreshing = async (more: Partial<OidcOptions> = {}) => {
    const gateway = new TestGateway({ upstreamToken: true, ...more });
    await gateway.logIn();
    return gateway;
  };
  const refreshes = ({ provider }: TestGateway) =>
    provider.asked.filter((grant) => grant.get("grant_type") === "refresh_token").length;
  const tokenOf = ({ ctx }: Answer) => ctx.toOrigin?.find(([name]) => name === "authorization")?.[1];

  it("is made a minute before the token's end, and the origin is given the new one", async () => {
    const gateway = await refreshing();
    gateway.now.advance(239_000);
    expect(tokenOf(await gateway.ask())).toBe("Bearer access-1");
    expect(refreshes(gateway)).toBe(0);
    gateway.now.advance(2_000);
    const answer = await gateway.ask();
    expect(tokenOf(answer)).toBe("Bearer access-2");
    expect(answer.cookies.join()).toContain("__Host-isogate-auth=");
    expect(tokenOf(await gateway.ask())).toBe("Bearer access-2");
    expect(refreshes(gateway)).toBe(1);
  });

  it("is made once, however many isolates ask with the same cookie, and also once the token is over", async () => {
    const gateway = await refreshing();
    const cookie = gateway.cookie;
    gateway.now.advance(20 * MINUTE);
    const isolates = Array.from({ length: 6 }, () => new TestGateway({ upstreamToken: true }, gateway));
    const answers = await Promise.all(isolates.map((isolate) => isolate.ask(cookie)));
    expect(answers.map(codeOf)).toEqual(answers.map(() => "ada"));
    expect(answers.map(tokenOf)).toEqual(answers.map(() => "Bearer access-2"));
    expect(refreshes(gateway)).toBe(1);
    // The next one goes on from any of the cookies that were given.
    gateway.now.advance(20 * MINUTE);
    expect(tokenOf(await isolates[3]!.ask())).toBe("Bearer access-3");
    expect(codeOf(await isolates[5]!.ask())).toBe("ada");
    expect(refreshes(gateway)).toBe(2);
  });

  it("that the provider refuses ends the session everywhere", async () => {
    const gateway = await refreshing();
    const cookie = gateway.cookie;
    gateway.provider.valid.clear();
    gateway.now.advance(4 * MINUTE + 1_000);
    expect(codeOf(await gateway.ask())).toBe("credential-invalid");
    expect(gateway.jar.size).toBe(0);
    expect(codeOf(await new TestGateway({ upstreamToken: true }, gateway).ask(cookie))).toBe(
      "credential-invalid",
    );
    expect(refreshes(gateway)).toBe(1);
  });

  it("that speaks of somebody else ends the session", async () => {
    const gateway = await refreshing();
    gateway.provider.subject = "grace";
    gateway.now.advance(4 * MINUTE + 1_000);
    expect(codeOf(await gateway.ask())).toBe("credential-invalid");
  });

  it("that fails is no matter while the token holds; then it is 503, until the provider is back", async () => {
    const gateway = await refreshing();
    gateway.provider.down = true;
    gateway.now.advance(4 * MINUTE + 1_000);
    const answer = await gateway.ask();
    expect(tokenOf(answer)).toBe("Bearer access-1");
    expect(answer.ctx.record.notes?.[0]).toMatch(/^oidc: the refresh failed/);
    gateway.now.advance(1 * MINUTE);
    expect(codeOf(await gateway.ask())).toBe("login-unavailable");
    gateway.provider.down = false;
    expect(codeOf(await gateway.ask())).toBe("login-unavailable");
    gateway.now.advance(6_000);
    expect(tokenOf(await gateway.ask())).toMatch(/^Bearer access-/);
  });

  it("that fails ends no session whose token no origin is given", async () => {
    const gateway = await refreshing({ upstreamToken: false });
    gateway.provider.down = true;
    gateway.now.advance(30 * MINUTE);
    const answer = await gateway.ask();
    expect(codeOf(answer)).toBe("ada");
    expect(tokenOf(answer)).toBeUndefined();
  });

  it("is missed where there is no refresh token: the session ends with the token that origins need", async () => {
    const gateway = new TestGateway({ upstreamToken: true });
    gateway.provider.refreshable = false;
    await gateway.logIn();
    gateway.now.advance(299_000);
    expect(codeOf(await gateway.ask())).toBe("ada");
    gateway.now.advance(1_000);
    expect(codeOf(await gateway.ask())).toBe("credential-invalid");
  });
});

describe("a logout by the provider", () => {
  /** A logout token at now. */
  const token = (gateway: TestGateway, more: object = {}, header: object = {}) => {
    const now = Math.floor(gateway.now() / 1_000);
    const claims = { iss: ISSUER, aud: "shop", iat: now, exp: now + 120, jti: "1", events: { [EVENT]: {} } };
    return key.sign({ ...claims, ...more }, { typ: "logout+jwt", ...header });
  };
  const send = (gateway: TestGateway, logoutToken: string) =>
    gateway.answer("backChannelLogout", "", new URLSearchParams({ logout_token: logoutToken }).toString());
  const lives = async (gateway: TestGateway) => {
    gateway.now.advance(31_000);
    return codeOf(await gateway.ask()) === "ada";
  };

  it.each([
    ["of a subject", { sub: "ada" }],
    ["of a session", { sid: "sid-1" }],
    ["of a subject's session", { sub: "ada", sid: "sid-1" }],
  ])("%s ends it", async (_, whom) => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const answer = await send(gateway, await token(gateway, whom));
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(codeOf(await gateway.ask())).toBe("credential-invalid");
  });

  it.each([
    ["of another subject", { sub: "grace" }],
    ["of another session", { sub: "ada", sid: "sid-2" }],
    ["of an unknown session", { sid: "sid-2" }],
  ])("%s does not", async (_, whom) => {
    const gateway = new TestGateway();
    await gateway.logIn();
    expect((await send(gateway, await token(gateway, whom))).status).toBe(200);
    expect(await lives(gateway)).toBe(true);
  });

  it("that is replayed later does not end the next session", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const replayed = await token(gateway, { sub: "ada" });
    await send(gateway, replayed);
    gateway.now.advance(61_000);
    await gateway.logIn();
    expect((await send(gateway, replayed)).status).toBe(200);
    expect(await lives(gateway)).toBe(true);
  });

  it("is refused unless it is one, of this provider for this gateway, and of now", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const now = Math.floor(gateway.now() / 1_000);
    const whom = { sub: "ada" };
    const stranger = await testKey("RS256", "key-RS256");
    const bad = await Promise.all([
      gateway.provider.idToken(),
      token(gateway, { ...whom, nonce: "n" }),
      token(gateway, { ...whom, events: undefined }),
      token(gateway, { ...whom, events: { other: {} } }),
      token(gateway, { ...whom, events: { [EVENT]: true } }),
      token(gateway, { ...whom, jti: undefined }),
      token(gateway, {}),
      token(gateway, { sub: 7 }),
      token(gateway, { ...whom, sid: "" }),
      token(gateway, { ...whom, iss: "https://evil.example" }),
      token(gateway, { ...whom, aud: "another" }),
      token(gateway, { ...whom, exp: now - 60 }),
      token(gateway, { ...whom, exp: undefined }),
      token(gateway, { ...whom, iat: now - 600 }),
      token(gateway, { ...whom, iat: undefined }),
      token(gateway, whom, { typ: "at+jwt" }),
      stranger.sign({
        iss: ISSUER,
        aud: "shop",
        iat: now,
        exp: now + 120,
        jti: "1",
        events: { [EVENT]: {} },
        ...whom,
      }),
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${(await token(gateway, whom)).split(".")[1]}.`,
      "rubbish",
      "",
    ]);
    for (const [index, each] of bad.entries())
      expect([index, await refused(send(gateway, each))]).toEqual([index, "login-failed"]);
    expect(await lives(gateway)).toBe(true);
  });

  it("on the front channel needs the session's own name and its issuer's", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const out = (search: string) => gateway.answer("frontChannelLogout", search);
    const iss = encodeURIComponent(ISSUER);
    for (const search of [
      "",
      "?sid=sid-1",
      `?iss=${iss}`,
      `?iss=${iss}&sid=`,
      "?iss=https://evil.example&sid=sid-1",
    ])
      expect([search, await refused(out(search))]).toEqual([search, "login-failed"]);
    expect((await out(`?iss=${iss}&sid=sid-2`)).status).toBe(200);
    expect(await lives(gateway)).toBe(true);
    expect((await out(`?iss=${iss}&sid=sid-1`)).status).toBe(200);
    expect(gateway.jar.size).toBe(0);
  });
});

describe("what a request may change", () => {
  it("is judged by where the request comes from", async () => {
    const gateway = new TestGateway({ trustedOrigins: ["https://app.example"] });
    await gateway.logIn();
    const csrf = gateway.jar.get("__Host-isogate-auth~csrf")!;
    const by = async (method: string, headers: Record<string, string> = {}) =>
      codeOf(await gateway.ask(gateway.cookie, { method, headers }));
    expect(await by("GET", { "sec-fetch-site": "cross-site" })).toBe("ada");
    expect(
      await by("GET", { "sec-fetch-site": "cross-site", upgrade: "websocket", connection: "Upgrade" }),
    ).toBe("cross-site-request");
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      expect(await by(method)).toBe("cross-site-request");
      expect(await by(method, { "x-csrf-token": csrf })).toBe("ada");
      expect(await by(method, { origin: `https://${HOST}` })).toBe("ada");
      expect(await by(method, { origin: "https://app.example" })).toBe("ada");
      expect(await by(method, { origin: "https://evil.example", "x-csrf-token": csrf })).toBe(
        "cross-site-request",
      );
      expect(await by(method, { "sec-fetch-site": "same-site", "x-csrf-token": csrf })).toBe(
        "cross-site-request",
      );
    }
    // The token of another session is none.
    const other = new TestGateway({}, gateway);
    await other.logIn();
    const foreign = other.jar.get("__Host-isogate-auth~csrf")!;
    expect(await by("POST", { "x-csrf-token": foreign })).toBe("cross-site-request");
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
