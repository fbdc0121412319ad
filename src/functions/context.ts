import type { KeyedContext } from "../context.ts";
import type { Identity } from "../identity/identity.ts";
import type { Tools } from "../policies/policy.ts";
import { Calls, type RouteFetch, routeFetch, type UpstreamFetch, upstreamFetch } from "./calls.ts";

/** What a manifest's function sees of a request: never the raw environment. @typeParam P the route's parameters. */
export interface FunctionContext<P = Readonly<Record<string, string>>> {
  /** As in `"GET"`. */
  readonly method: string;
  /** The normalised path. */
  readonly path: string;
  /** The path's parameters, decoded; but `"*"`, the rest that a wildcard met, is as in `path`. */
  readonly params: P;
  /** The query's parameters. */
  readonly query: URLSearchParams;
  /** The request's headers. Read-only. */
  readonly headers: Headers;
  readonly identity: Identity | undefined;
  /** What the answer's `X-Request-Id` and the access log say. */
  readonly requestId: string;
  /** Calls an upstream with the request's deadline, trace and identity headers. */
  readonly fetch: UpstreamFetch;
  /** Calls another route of this gateway, which judges the request like any other. */
  readonly dispatch: RouteFetch;
  /** Adds a note to the request's access-log line. */
  note(text: string): void;
}

/** What a function sees that may read the body too. @typeParam P the route's parameters. */
export interface BodyContext<P = Readonly<Record<string, string>>> extends FunctionContext<P> {
  /** The body as JSON, read once. @throws the 400 or 413 that the client is due */
  json(): Promise<unknown>;
  /** The body as text, read once. @throws the 400 or 413 that the client is due */
  text(): Promise<string>;
}

/**
 * Makes the context that a function gets. On a cached route it holds no more than the cache key does.
 * @param calls what the function calls, for whoever may end it.
 */
export function functionContext(ctx: KeyedContext, tools: Tools, calls = new Calls()): FunctionContext {
  return {
    method: ctx.method,
    path: ctx.path,
    params: ctx.params,
    get query() {
      return ctx.query;
    },
    headers: ctx.headers,
    identity: ctx.identity,
    requestId: ctx.id,
    fetch: upstreamFetch(ctx, tools, calls),
    dispatch: routeFetch(ctx, tools, calls),
    note(text) {
      ctx.record.notes ??= [];
      ctx.record.notes.push(text);
    },
  };
}
