import type { EnvReference } from "../../env.ts";
import type { UpstreamDeclaration } from "../declare.ts";

/** Where an authorization server's token endpoint is. */
export type TokenEndpoint =
  | {
      /** Its address: https, or http on this machine. */
      readonly url: string | EnvReference;
    }
  | {
      /** The upstream that it is behind: its time limit and client certificate hold for it. */
      readonly upstream: UpstreamDeclaration;
      /** Path of the token endpoint at the upstream. */
      readonly path: string;
    };

/** How the gateway is known to an authorization server, and what it asks for. */
export interface OAuthClientOptions {
  /** The authorization server's token endpoint (RFC 6749 §3.2). */
  readonly tokenEndpoint: TokenEndpoint;
  /** The gateway's name there. */
  readonly clientId: string | EnvReference;
  /** Its secret there. */
  readonly clientSecret?: EnvReference;
  /** Its private key there, as a JWK with `alg`, in a secret: for `private_key_jwt`. */
  readonly privateKey?: EnvReference;
  /**
   * How it proves itself (RFC 6749 §2.3, RFC 7523, RFC 8705 §2.1). `tls_client_auth` takes a client certificate of the
   * upstream that the endpoint is behind. Default: `private_key_jwt` with a private key, else `client_secret_basic`.
   */
  readonly clientAuthentication?: ClientAuthentication;
  /**
   * The authorization server's name: the `aud` of what `private_key_jwt` signs. Default: the endpoint's address; one
   * behind an upstream has none.
   */
  readonly issuer?: string;
  /** Scopes to ask for. Default: whatever the authorization server grants by itself. */
  readonly scope?: string | readonly string[];
  /** Who the token is to be for, as some authorization servers ask. */
  readonly audience?: string | readonly string[];
  /** What the token is to be for: absolute URIs (RFC 8707). */
  readonly resource?: string | readonly string[];
}

/** The names of the registry of token endpoint authentication methods (RFC 7591 §2). */
export const CLIENT_AUTHENTICATIONS = [
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "tls_client_auth",
] as const;
export type ClientAuthentication = (typeof CLIENT_AUTHENTICATIONS)[number];

/** {@link OAuthClientOptions}, compiled. */
export interface CompiledClient {
  readonly tokenEndpoint: TokenEndpoint;
  readonly clientId: string | EnvReference;
  readonly clientSecret?: EnvReference | undefined;
  readonly privateKey?: EnvReference | undefined;
  readonly clientAuthentication: ClientAuthentication;
  readonly issuer?: string | undefined;
  readonly scope: readonly string[];
  readonly audience: readonly string[];
  readonly resource: readonly string[];
}
