import type { UpstreamDeclaration } from "../../upstream/declare.ts";

/** What of a request may tell decisions apart beside the forwarded headers. */
export const REQUEST_PARTS = ["method", "scheme", "host", "path", "query", "address"] as const;
export type RequestPart = (typeof REQUEST_PARTS)[number];

/**
 * Options of the `externalAuth` credential, forward-auth: a service is asked whether the request may pass. It is told
 * `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` (path and query) and `-For`, and the headers that are declared; never
 * the body. It allows with any 2xx, and refuses with 401 or 403, whose `WWW-Authenticate` the caller is given and whose
 * body is not. Whatever else it answers, or where it does not, the request is refused with 503.
 */
export interface ExternalAuthOptions {
  /** The service. */
  readonly upstream: UpstreamDeclaration;
  /** Path at the upstream, such as `/verify`. */
  readonly path: string;
  /** Method of the question; `original` is that of the request. Default `GET`. */
  readonly method?: "GET" | "HEAD" | "original";
  /** Header fields of the request that the service is given, such as `authorization` and `cookie`. */
  readonly forwardHeaders: readonly string[];
  /** Header fields of a 2xx answer that say who calls. A caller's own of these names are removed. */
  readonly identity: {
    /** Holds the caller's name; an answer without it is no permission. Ids are `external:UPSTREAM#NAME`. */
    readonly subject: string;
    /** Holds scopes, with spaces or commas between them. */
    readonly scopes?: string;
    /** Holds roles, with spaces or commas between them. */
    readonly roles?: string;
  };
  /**
   * Header fields of a 2xx answer that the origin is given, where this credential is one of those that let the request
   * pass (of two that say the same field, the first counts); a caller's own of these names are removed. Not on routes with a cache, whose answers others are given too.
   */
  readonly toOrigin?: readonly string[];
  /**
   * Header fields of a 2xx, 401 or 403 answer that the caller is given, such as `set-cookie` of a session that the service
   * keeps. What goes with any of them is never stored by a cache. A permission that is kept, or that another request asked
   * for, brings none. Default none.
   */
  readonly toClient?: readonly string[];
  /**
   * Web origins beside the gateway's own whose pages may change things, where `cookie` is among `forwardHeaders`: an unsafe
   * method or a WebSocket with a cookie is else refused unasked. Default none.
   */
  readonly trustedOrigins?: readonly string[];
  /**
   * What becomes of an answer 302, 303 or 307: `relay` gives it to the caller with its `Location` and cookies, for login
   * pages; `refuse` answers 503. Default `refuse`.
   */
  readonly redirects?: "refuse" | "relay";
  /** Whether the origin is given the credentials among `forwardHeaders` too. Default false. */
  readonly forwardCredentials?: boolean;
  /** How long the answer may take. Default `"1s"`. */
  readonly timeout?: string;
  /**
   * Keeps permissions in the isolate, up to 1,000, and has requests that come at the same time asked about once. Default:
   * every request is asked about.
   */
  readonly cache?: {
    /** How long a permission holds, and so how late one that is taken away is missed: `"1s"` to `"5m"`. */
    readonly ttl: string;
    /**
     * What tells requests apart beside the forwarded headers, which always do. Default: everything that the service is
     * told. Leave out what decides nothing.
     */
    readonly by?: readonly RequestPart[];
  };
}

/** {@link ExternalAuthOptions}, compiled: times in ms, names in lower case. */
export interface CompiledExternalAuth {
  readonly upstream: UpstreamDeclaration;
  readonly path: string;
  readonly method: "GET" | "HEAD" | "original";
  readonly forwardHeaders: readonly string[];
  readonly identity: { readonly subject: string; readonly scopes?: string; readonly roles?: string };
  readonly toOrigin: readonly string[];
  readonly toClient: readonly string[];
  readonly trustedOrigins: readonly string[];
  readonly redirects: "refuse" | "relay";
  /** Request headers that no origin is given. */
  readonly withheld: readonly string[];
  readonly timeout: number;
  readonly cache?: { readonly ttl: number; readonly by: readonly RequestPart[] };
}
