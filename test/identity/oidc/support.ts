import { Budget } from "../../../src/budget.ts";
import type { KeyedContext, RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { secret } from "../../../src/env.ts";
import { Refusal, RefusalError } from "../../../src/errors/refusal.ts";
import type { ConsumerDirectory } from "../../../src/identity/consumers/directory.ts";
import type { Credential } from "../../../src/identity/credential.ts";
import { create, type OidcOptions, options } from "../../../src/identity/credentials/oidc.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { createKeySets } from "../../../src/identity/key-sets.ts";
import { keySetFetcher } from "../../../src/identity/keys/fetch-key-set.ts";
import type { LoginEndpoint } from "../../../src/identity/login.ts";
import { systemContext } from "../../../src/keyed.ts";
import { createMemorySessions } from "../../../src/stores/sessions/memory.ts";
import type { SessionStore } from "../../../src/stores/sessions/session-store.ts";
import { clock, testKey } from "../support.ts";

export const ISSUER = "https://login.example";
export const HOST = "shop.example";
export const MINUTE = 60_000;
/** What is always declared. */
export const CLIENT: OidcOptions = {
  issuer: ISSUER,
  clientId: "shop",
  clientSecret: secret("the client's own"),
  session: { secret: secret("a session secret of thirty-two bytes") },
};

/** The provider's. */
export const key = await testKey("RS256");

/** A provider of a few lines, behind the gateway's fetch. */
export class TestProvider {
  /** Grants that were asked of it. */
  readonly asked: URLSearchParams[] = [];
  down = false;
  keys = [key.publicJwk];
  /** How often its keys were fetched. */
  keysAsked = 0;
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
        this.keysAsked++;
        return Response.json({ keys: this.keys });
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

/** What became of a request. */
export interface Answer {
  readonly verdict: Awaited<ReturnType<Credential["verify"]>>;
  readonly ctx: RequestContext;
  readonly cookies: readonly string[];
}

/** An isolate: of several, all have the same store and provider. */
export class TestGateway {
  readonly provider: TestProvider;
  readonly credential: Credential;
  readonly store: SessionStore;
  readonly now: ReturnType<typeof clock>;
  /** What the browser holds. */
  readonly jar = new Map<string, string>();

  constructor(
    more: Partial<OidcOptions> = {},
    beside?: TestGateway,
    given: {
      store?: SessionStore;
      requirements?: Requirements;
      development?: boolean;
      consumers?: ConsumerDirectory;
    } = {},
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
      keySets: createKeySets({
        now: this.now,
        fetchKeySet: keySetFetcher({ fetch: this.provider.fetch, systemContext }),
      }),
      consumers: given.consumers,
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

/** The code of a refusal, or whose the session is. */
export const codeOf = ({ verdict }: Answer) => (verdict instanceof Refusal ? verdict.code : verdict?.subject);
/** The code that an endpoint refuses with. */
export const refused = (answer: Promise<unknown>) =>
  answer.then(
    () => "not refused",
    (error: unknown) => (error instanceof RefusalError ? error.refusal.code : error),
  );
