import * as oauth from "oauth4webapi";
import type { Deps } from "../../deps.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { isSecureAddress } from "../keys/secure-address.ts";
import { SIGNED_WITH_SECRET, signsWithSecretsOnly } from "./signed-with-secret.ts";

/** One answer of the provider, from the call to its last byte. */
const CALL_MS = 5_000;
/** For how long a provider's description is used before it is asked for anew. */
const FRESH_MS = 3_600_000;
/** For how long it is used while the provider fails to give a new one. */
const STALE_MS = 24 * 3_600_000;
/** How far the provider's clock may be from ours, in seconds. */
const TOLERANCE_S = 10;

/** This gateway as the provider knows it. */
export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Absent for a public client. */
  readonly clientSecret?: string | undefined;
  readonly scopes: readonly string[];
  /** Further parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** What of a request a call to the provider is charged to. */
export interface Caller {
  readonly budget: {
    acquire(): Promise<void> | undefined;
    release(): void;
    remaining(now: number): number;
  };
}

/** What a provider gave for a code or a refresh token, verified. */
export interface Granted {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Absent from a refresh where the provider gives no new one. */
  readonly idToken: string | undefined;
  readonly claims: oauth.IDToken | undefined;
  /** Undefined where it is what was asked for. */
  readonly scopes: readonly string[] | undefined;
  /** For how long the access token holds, in ms; undefined where the provider does not say. */
  readonly lifetime: number | undefined;
}

/** What a login that is in progress must come back with. */
export interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** A refresh token that the provider takes no more: the session is over. */
export class SessionOver extends Error {}

/**
 * An OpenID provider, by what it publishes of itself (OpenID Connect Discovery 1.0). The protocol is oauth4webapi's:
 * here are only its options. Plain http is for a provider on this machine, in development.
 */
export class Provider {
  readonly #options: ProviderOptions;
  readonly #deps: Pick<Deps, "fetch" | "now">;
  readonly #insecure: boolean;
  /** Filled by the library; it bounds how often keys are fetched. */
  readonly #keys: oauth.JWKSCacheInput = {};
  #known: { readonly server: oauth.AuthorizationServer; readonly at: number } | undefined;

  constructor(options: ProviderOptions, deps: Pick<Deps, "fetch" | "now" | "development">) {
    this.#options = options;
    this.#deps = deps;
    this.#insecure = deps.development && options.issuer.startsWith("http:");
  }

  /** What the provider says of itself. @throws RefusalError `login-unavailable` */
  async server(caller: Caller): Promise<oauth.AuthorizationServer> {
    const now = this.#deps.now();
    if (this.#known !== undefined && now < this.#known.at + FRESH_MS) return this.#known.server;
    try {
      const issuer = new URL(this.#options.issuer);
      const response = await oauth.discoveryRequest(issuer, this.#http(caller));
      const server = await oauth.processDiscoveryResponse(issuer, response);
      this.#known = { server, at: now };
      return server;
    } catch (cause) {
      if (this.#known !== undefined && now < this.#known.at + STALE_MS) return this.#known.server;
      throw new RefusalError(unavailable(cause));
    }
  }

  /** Where a login goes to; PKCE with S256, `state` and `nonce` always (RFC 9700 §2.1.1). */
  async loginUrl(secrets: LoginSecrets, redirectUri: string, caller: Caller): Promise<URL> {
    const server = await this.server(caller);
    // Nobody is to log in there who could not be let in here afterwards.
    if (signsWithSecretsOnly(server)) throw new RefusalError(unavailable(SIGNED_WITH_SECRET));
    const url = this.#endpoint(server.authorization_endpoint);
    const parameters = {
      response_type: "code",
      client_id: this.#options.clientId,
      redirect_uri: redirectUri,
      scope: this.#options.scopes.join(" "),
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries({ ...this.#options.parameters, ...parameters }))
      url.searchParams.set(name, value);
    return url;
  }

  /** Takes what a login came back with for tokens. @throws whatever the library finds wrong with it */
  async exchange(
    answer: URLSearchParams,
    secrets: LoginSecrets,
    redirectUri: string,
    caller: Caller,
  ): Promise<Granted> {
    const server = await this.server(caller);
    const checked = oauth.validateAuthResponse(server, this.#client, answer, secrets.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      this.#client,
      this.#proof(server),
      checked,
      redirectUri,
      secrets.verifier,
      this.#http(caller),
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, this.#client, response, {
      expectedNonce: secrets.nonce,
      requireIdToken: true,
    });
    await this.#checkSignature(server, response, caller);
    return this.#granted(tokens);
  }

  /** New tokens for a refresh token. @throws {@link SessionOver} where it is taken no more */
  async refresh(refreshToken: string, caller: Caller): Promise<Granted> {
    const server = await this.server(caller);
    try {
      const proof = this.#proof(server);
      const http = this.#http(caller);
      const response = await oauth.refreshTokenGrantRequest(server, this.#client, proof, refreshToken, http);
      const tokens = await oauth.processRefreshTokenResponse(server, this.#client, response);
      if (tokens.id_token !== undefined) await this.#checkSignature(server, response, caller);
      return this.#granted(tokens);
    } catch (cause) {
      // RFC 6749 §5.2: it has expired, was revoked, or is another client's.
      if (cause instanceof oauth.ResponseBodyError && cause.error === "invalid_grant") {
        throw new SessionOver("the provider takes the refresh token no more", { cause });
      }
      throw cause;
    }
  }

  /** Where a logout goes on to, if the provider has a session to end (RP-Initiated Logout 1.0); else undefined. */
  async logoutUrl(idToken: string, returnUri: string, caller: Caller): Promise<URL | undefined> {
    const { end_session_endpoint } = await this.server(caller);
    if (end_session_endpoint === undefined) return undefined;
    const url = this.#endpoint(end_session_endpoint);
    url.searchParams.set("id_token_hint", idToken);
    url.searchParams.set("client_id", this.#options.clientId);
    url.searchParams.set("post_logout_redirect_uri", returnUri);
    return url;
  }

  /** Where the provider's keys are. @throws RefusalError `login-unavailable` where it names none */
  async keysUrl(caller: Caller): Promise<URL> {
    return this.#endpoint((await this.server(caller)).jwks_uri);
  }

  /** The library reads the clock itself: it is told how far that is from ours. */
  get #client(): oauth.Client {
    const skew = Math.round((this.#deps.now() - Date.now()) / 1_000);
    const { clientId } = this.#options;
    return { client_id: clientId, [oauth.clockTolerance]: TOLERANCE_S, [oauth.clockSkew]: skew };
  }

  #granted(tokens: oauth.TokenEndpointResponse): Granted {
    return {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      idToken: tokens.id_token,
      claims: oauth.getValidatedIdTokenClaims(tokens),
      scopes: tokens.scope?.split(" ").filter((scope) => scope !== ""),
      lifetime: tokens.expires_in === undefined ? undefined : tokens.expires_in * 1_000,
    };
  }

  /** TLS alone would do (Core §3.1.3.7); but a provider is on http in development, and a proxy may end TLS. */
  async #checkSignature(
    server: oauth.AuthorizationServer,
    response: Response,
    caller: Caller,
  ): Promise<void> {
    const options = { ...this.#http(caller), [oauth.jwksCache]: this.#keys };
    try {
      await oauth.validateApplicationLevelSignature(server, response, options);
    } catch (cause) {
      if (cause instanceof oauth.UnsupportedOperationError) throw new Error(SIGNED_WITH_SECRET, { cause });
      throw cause;
    }
  }

  #proof({ token_endpoint_auth_methods_supported: methods }: oauth.AuthorizationServer): oauth.ClientAuth {
    const { clientSecret } = this.#options;
    if (clientSecret === undefined) return oauth.None();
    // What a provider does not say it is: Discovery §3.
    return methods === undefined || methods.includes("client_secret_basic")
      ? oauth.ClientSecretBasic(clientSecret)
      : oauth.ClientSecretPost(clientSecret);
  }

  #endpoint(address: string | undefined): URL {
    if (address !== undefined && isSecureAddress(address, this.#options.issuer)) return new URL(address);
    throw new RefusalError(unavailable(`the provider names no usable address: ${address}`));
  }

  #http({ budget }: Caller) {
    const { fetch, now } = this.#deps;
    return {
      [oauth.allowInsecureRequests]: this.#insecure,
      headers: { "user-agent": "isogate" },
      [oauth.customFetch]: async (url: string, init: object) => {
        const slot = budget.acquire();
        if (slot !== undefined) await slot;
        try {
          return await fetch(url, init);
        } finally {
          budget.release();
        }
      },
      signal: () => AbortSignal.timeout(Math.min(CALL_MS, Math.max(1, budget.remaining(now())))),
    };
  }
}

function unavailable(cause: unknown): Refusal {
  return refuse("login-unavailable", { headers: [["retry-after", "5"]], cause });
}
