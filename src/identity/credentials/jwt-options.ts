import type { JSONWebKeySet } from "jose";
import type { EnvReference } from "../../env.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { CompiledRegistered, RegisteredOptions } from "../consumers/registered-options.ts";
import type { createDecryption } from "../jwt/decryption.ts";
import type { createRevocation } from "../jwt/revocation.ts";
import type { CreateProof } from "../jwt/token-check.ts";
import type { TokenPlaces } from "../jwt/token-source.ts";
import type { Algorithm, KeyPairAlgorithm, SecretAlgorithm } from "../keys/algorithms.ts";

/** Where an issuer's keys come from. */
export type JwtKeys =
  | {
      /** Public keys, written down: those of a JWK set (RFC 7517 §5). */
      readonly keys: ReadonlyArray<Readonly<Record<string, unknown>>>;
    }
  | {
      /** Address of a JWK set: https, or http on this machine. */
      readonly url: string;
    }
  | {
      /** The upstream that a JWK set is behind. */
      readonly upstream: UpstreamDeclaration;
      /** Path of the JWK set at the upstream. */
      readonly path: string;
    }
  | {
      /**
       * Asks the issuer where its keys are: `true` by OpenID Connect Discovery 1.0, `"oauth-authorization-server"` by
       * RFC 8414. The issuer must then be an https URL, and its document must name it to the letter.
       */
      readonly discovery: true | "oauth-authorization-server";
    }
  | {
      /** A secret shared with the issuer. Its UTF-8 bytes are the key: at least as many as the hash has. */
      readonly secret: EnvReference;
    };

/** An issuer whose tokens are accepted. */
export interface JwtIssuer {
  /**
   * The `iss` claim, to the letter. Without `?` and `#` (RFC 8414 §2), and none of the gateway's own: `consumers`,
   * `webhook`, or what begins with `basic:`, `external:`, `hmac:`, `http-signature:` or `mtls:`.
   */
  readonly issuer: string;
  /** Where the issuer's keys come from: one of the five ways below. */
  readonly keys: JwtKeys;
  /** Who the tokens must be for: `aud` must hold one of these, to the letter. */
  readonly audience: string | readonly string[];
  /**
   * Accepted algorithms. A key serves one: that of its own `alg`, else the first listed here that fits its type.
   * Default: RS256/384/512, PS256/384/512, ES256/384/512, EdDSA and Ed25519; with a secret HS256 (and only one).
   */
  readonly algorithms?: ReadonlyArray<KeyPairAlgorithm> | ReadonlyArray<SecretAlgorithm>;
  /**
   * Accepted values of the header's `typ`. Write `"at+jwt"` where the issuer follows RFC 9068, so that an
   * ID token is not taken for an access token. Default: `JWT`, `at+jwt`, or none at all.
   */
  readonly type?: string | readonly string[];
  /** Claim with the scopes: a list, or a string with spaces. Default: `scope`, else `scp`. */
  readonly scopesClaim?: string;
  /** Claim, or path to one such as `"realm_access.roles"`, that becomes `identity.roles`: a list, or a string with spaces. */
  readonly rolesClaim?: string;
  /** Claim, or path to one, that becomes `identity.consumer`: the id of a registered caller. */
  readonly consumerClaim?: string;
  /** Claim, or path to one, that becomes `identity.plan`. Not beside `registered`: the plan is the registry's then. */
  readonly planClaim?: string;
  /** Tokens that the issuer has taken back before their time. Default: none is looked for. */
  readonly revoked?: RevokedOptions;
}

/**
 * A list of tokens that hold no longer, as JSON: `jti` and `sub`, lists of what is refused, and `before`, from a `sub` to
 * the time (in seconds since the epoch) before which none of its tokens was issued that still holds.
 */
export interface RevokedOptions {
  /** The upstream that the list is behind. */
  readonly upstream: UpstreamDeclaration;
  /** Path of the list at the upstream. */
  readonly path: string;
  /** How old a list may be: `"1s"` to `"1h"`. An isolate asks at most so often, and goes by none twice as old. */
  readonly every: string;
  /** How old it may be while the upstream fails; after that every token is a 503. Default: ten times `every`. */
  readonly maxStale?: string;
}

/** Where a token is looked for: in every place named here, and in no other. One in two places is refused. */
export interface FromOptions {
  /** A header field. `"authorization"` with `Bearer` before the token; any other holds the token and nothing else. */
  readonly header?: string;
  /**
   * A cookie. The browser sends it whoever's page asks it to, so unsafe methods and WebSockets are taken only from pages
   * of the gateway's own web origin and of `trustedOrigins`, by `Sec-Fetch-Site` and `Origin`.
   */
  readonly cookie?: string;
  /** A query parameter. It stands in histories and other servers' logs: for links that cannot do otherwise. */
  readonly query?: string;
}

/** Options of the `jwt` credential: `Authorization: Bearer` with a signed JWT (RFC 6750, 7519, 8725, 9068). */
export interface JwtOptions {
  /** The issuer, or several. */
  readonly issuers: JwtIssuer | readonly JwtIssuer[];
  /** How far an issuer's clock may be from ours, for `exp`, `nbf` and `iat`: `"0s"` to `"5m"`. Default `"10s"`. */
  readonly tolerance?: string;
  /** A larger token is refused unread: `"512B"` to `"32KB"`. Default `"8KB"`. */
  readonly maxTokenSize?: string;
  /**
   * Where the token is. Default: `Authorization: Bearer`. A cookie or parameter that carries it ends here: it reaches
   * neither the origin nor a cache key.
   */
  readonly from?: FromOptions;
  /** Web origins beside the gateway's own whose pages may change things with a token in a cookie. Default none. */
  readonly trustedOrigins?: readonly string[];
  /**
   * Whether callers must be registered consumers, by each issuer's `consumerClaim`: plan and roles are then the registry's
   * (beside what `rolesClaim` gives), and who is suspended there is refused. Default: the registry is not asked.
   */
  readonly registered?: RegisteredOptions;
  /** Whether the origin is given the header that carried the token. Default false. */
  readonly forwardToken?: boolean;
  /**
   * Private keys, or shared ones, that tokens may be encrypted to (RFC 7516), each a JWK in a secret: `RSA-OAEP-256`,
   * `ECDH-ES` or `dir`, with `A128GCM` or `A256GCM`. Inside must be a signed token. Default: none, and no encrypted token
   * is accepted.
   */
  readonly decryptionKeys?: EnvReference | readonly EnvReference[];
  /**
   * Accepts only tokens that are bound to a key, each with a proof that the caller holds it: `"dpop"` by a signature over
   * the request (RFC 9449), used once only; `"certificate"` by the connection's verified client certificate (RFC 8705).
   * Default: none, and a token that is bound is refused.
   */
  readonly proofOfPossession?: "dpop" | "certificate";
  /**
   * Makes DPoP proofs hold a nonce of the gateway's (RFC 9449 §9), made from this secret of at least 32 bytes and good for
   * five to ten minutes. Default: proofs are fresh by their own time alone.
   */
  readonly dpopNonceSecret?: EnvReference;
}

/** A key source as compiled: what {@link JwtKeys} says, apart from one another by name. */
export type CompiledKeys =
  | { readonly inline: JSONWebKeySet }
  | { readonly url: string }
  | { readonly upstream: UpstreamDeclaration; readonly path: string }
  /** Address of the metadata, and the issuer that it must name. */
  | { readonly discovery: string; readonly issuer: string }
  | { readonly secret: EnvReference };

/** {@link JwtIssuer}, compiled. */
export interface CompiledIssuer {
  readonly issuer: string;
  readonly keys: CompiledKeys;
  readonly audience: readonly string[];
  readonly algorithms: readonly Algorithm[];
  readonly types: readonly string[];
  readonly untyped: boolean;
  readonly scopesClaim?: string | undefined;
  readonly rolesClaim?: string | undefined;
  readonly consumerClaim?: string | undefined;
  readonly planClaim?: string | undefined;
  readonly revoked?:
    | {
        readonly upstream: UpstreamDeclaration;
        readonly path: string;
        readonly every: number;
        readonly maxStale: number;
        readonly create: typeof createRevocation;
      }
    | undefined;
}

/**
 * {@link JwtOptions}, compiled: times in ms, sizes in bytes. What few manifests declare comes with the function that
 * does it, so that the Worker holds it only where it is declared.
 */
export interface CompiledJwt {
  readonly issuers: readonly CompiledIssuer[];
  readonly tolerance: number;
  readonly maxTokenBytes: number;
  readonly from?: TokenPlaces | undefined;
  readonly trustedOrigins?: readonly string[] | undefined;
  readonly registered?: CompiledRegistered | undefined;
  readonly forwardToken: boolean;
  readonly decryption?:
    | { readonly keys: readonly EnvReference[]; readonly create: typeof createDecryption }
    | undefined;
  readonly proof?:
    | { readonly nonceSecret?: EnvReference | undefined; readonly create: CreateProof }
    | undefined;
}
