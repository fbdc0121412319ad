import type { EnvReference } from "../../env.ts";
import type { CompiledRegistered, RegisteredOptions } from "../consumers/registered-options.ts";

/**
 * Options of the `oidc` credential: people log in with a browser at an OpenID provider, and carry a session in
 * encrypted cookies. Its routes are made by `oidcRoutes`; without a session a browser is sent to log in, and
 * everything else is answered 401.
 */
export interface OidcOptions {
  /** The provider, as its discovery document names it: https, or http on this machine in development. */
  readonly issuer: string;
  /** This gateway's name at the provider, where `<path>/callback` must be registered as its redirect URI. */
  readonly clientId: string;
  /** The client's secret. Default: none, for a client that is registered as a public one; PKCE is used either way. */
  readonly clientSecret?: EnvReference;
  /** What is asked of the provider beside `openid`, such as `offline_access` for a refresh token. Default none. */
  readonly scopes?: readonly string[];
  /** Further parameters of the login at the provider, such as `prompt` or `audience`. Default none. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** How sessions are kept. */
  readonly session: {
    /** Seals cookies: 32 bytes or more. Of several the first seals and all open, so that one can replace another. */
    readonly secret: EnvReference | readonly EnvReference[];
    /** A session ends when it was not used for this long: `"1m"` to `"30d"`. Default `"1h"`. */
    readonly idleTimeout?: string;
    /** A session ends this long after the login: `"1m"` to `"30d"`. Default `"12h"`. */
    readonly maxAge?: string;
  };
  /** Where the login's routes are. It tells several logins of one gateway apart. Default `"/auth"`. */
  readonly path?: string;
  /** Path that is shown after a logout; the provider must know it as a post-logout redirect URI. Default `"/"`. */
  readonly afterLogout?: string;
  /** Whether origins are given the access token, in `Authorization`. Default false: they are told who calls. */
  readonly upstreamToken?: boolean;
  /** Web origins beside the gateway's own whose pages may change things with a session. Default none. */
  readonly trustedOrigins?: readonly string[];
  /** Claim of the ID token with the roles, or the path to it, such as `"realm_access.roles"`. Default: no roles. */
  readonly rolesClaim?: string;
  /** Claim of the ID token, or path to one, that becomes `identity.consumer`: the id of a registered caller. */
  readonly consumerClaim?: string;
  /** As in `jwt`: whether callers must be registered consumers, by `consumerClaim`. Default: the registry is not asked. */
  readonly registered?: RegisteredOptions;
}

/** {@link OidcOptions}, compiled: times in ms. */
export interface CompiledOidc {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: EnvReference | undefined;
  readonly scopes: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly session: {
    readonly secret: readonly EnvReference[];
    readonly idleTimeout: number;
    readonly maxAge: number;
  };
  readonly path: string;
  readonly afterLogout: string;
  readonly upstreamToken: boolean;
  readonly trustedOrigins: readonly string[];
  readonly rolesClaim?: string | undefined;
  readonly consumerClaim?: string | undefined;
  readonly registered?: CompiledRegistered | undefined;
}
