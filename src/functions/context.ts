import type { KeyedContext } from "../context.ts";
import type { Identity } from "../identity/identity.ts";
import type { Tools } from "../policies/policy.ts";
import { type RouteFetch, routeFetch, type UpstreamFetch, upstreamFetch } from "./calls.ts";

/** What a manifest's function sees of a request: never the raw environment. @typeParam P the route's parameters. */
export interface FunctionContext<P = Readonly<Record<string, string>>> {
  readonly method: string;
  /** The normalised path. */
  readonly path: string;
  readonly params: P;
  readonly query: URLSearchParams;
  /** The request's headers. Read-only. */
  readonly headers: Headers;
  readonly identity: Identity | undefined;
  readonly requestId: string;
  /** Calls an upstream with the request's deadline, trace and identity headers. */
  readonly fetch: UpstreamFetch;
  /** Calls another route of this gateway, which judges the request like any other. */
  readonly dispatch: RouteFetch;
  /** Adds a note to the request's access-log line. */
  note(text: string): void;
}

/** Makes the context that a function gets. On a cached route it holds no more than the cache key does. */
export function functionContext(ctx: KeyedContext, tools: Tools): FunctionContext {
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
    fetch: upstreamFetch(ctx, tools),
    dispatch: routeFetch(ctx, tools),
    note(text) {
      ctx.record.notes ??= [];
      ctx.record.notes.push(text);
    },
  };
}
