import type { JSONWebKeySet } from "jose";
import type { EnvReference } from "../../env.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
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
      /** A secret shared with the issuer. Its UTF-8 bytes are the key: at least as many as the hash has. */
      readonly secret: EnvReference;
    };

/** An issuer whose tokens are accepted. */
export interface JwtIssuer {
  /** The `iss` claim, to the letter. Without `?` and `#` (RFC 8414 §2). */
  readonly issuer: string;
  /** Where the issuer's keys come from: one of the four ways below. */
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
}

/** Options of the `jwt` credential: `Authorization: Bearer` with a signed JWT (RFC 6750, 7519, 8725, 9068). */
export interface JwtOptions {
  /** The issuer, or several. */
  readonly issuers: JwtIssuer | readonly JwtIssuer[];
  /** How far an issuer's clock may be from ours, for `exp`, `nbf` and `iat`: `"0s"` to `"5m"`. Default `"10s"`. */
  readonly tolerance?: string;
  /** A larger token is refused unread: `"512B"` to `"32KB"`. Default `"8KB"`. */
  readonly maxTokenSize?: string;
  /** Whether the origin is given the `Authorization` header. Default false. */
  readonly forwardToken?: boolean;
}

/** A key source as compiled: what {@link JwtKeys} says, apart from one another by name. */
export type CompiledKeys =
  | { readonly inline: JSONWebKeySet }
  | { readonly url: string }
  | { readonly upstream: UpstreamDeclaration; readonly path: string }
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
}

/** {@link JwtOptions}, compiled: times in ms, sizes in bytes. */
export interface CompiledJwt {
  readonly issuers: readonly CompiledIssuer[];
  readonly tolerance: number;
  readonly maxTokenBytes: number;
  readonly forwardToken: boolean;
}
