import type { KeyedContext } from "../context.ts";

/** One call to an upstream: what the layers see and may change, and what is fetched in the end. */
export interface UpstreamRequest {
  readonly method: string;
  /** Path below the origin's base path, normalised and encoded; begins with `/`. */
  readonly path: string;
  /** Query with its `?`, or empty. */
  readonly search: string;
  /** Already without hop-by-hop, spoofed and gateway-only fields. */
  readonly headers: Headers;
  readonly body: BodyInit | null;
  /** Time until response headers, in ms, beside the upstream's own and the request's deadline. */
  readonly timeout?: number;
  /** Aborts the exchange: its body, or its answer and the body of that. Default: one of the call's own. */
  readonly controller?: AbortController;
  /** The answer can do without it, so it is the first that goes where not all can be served. */
  readonly optional?: boolean;
  /** Whoever holds the controller also ends the exchange in time: a timer of its own would be one too many. */
  readonly timed?: true;
}

/** Sends one request: an upstream layer's next, or the fetch itself. */
export type UpstreamCall = (request: UpstreamRequest, ctx: KeyedContext) => Promise<Response>;

/** Stands round calls of an upstream. */
export type UpstreamLayer = (
  request: UpstreamRequest,
  ctx: KeyedContext,
  next: UpstreamCall,
) => Promise<Response>;

/** A running upstream. */
export interface Upstream {
  readonly name: string;
  /**
   * Sends one request and resolves once the response headers are in; the body streams.
   * @throws RefusalError `upstream-unreachable`, `upstream-invalid`, `upstream-unavailable`,
   *   `upstream-timeout` or `deadline-exceeded`; the exchange is aborted by then. Where not all can be served also
   *   `temporary-reduced-capacity` or `store-unavailable`: nothing has been sent then.
   */
  send(request: UpstreamRequest, ctx: KeyedContext): Promise<Response>;
}
