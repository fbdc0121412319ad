import type { KeyedContext, RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import type { RemoteKeySource } from "../key-sets.ts";

/** Gets the document at a key source. Takes its slot of the request's budget, and stops when the signal aborts. */
export type FetchKeySet = (
  source: RemoteKeySource,
  ctx: RequestContext,
  signal: AbortSignal,
) => Promise<Response>;

/** What {@link keySetFetcher} works with. */
export interface KeySetFetcherDeps {
  readonly fetch: Deps["fetch"];
  /** The context of a call that the gateway makes for itself. */
  readonly systemContext: (ctx: RequestContext) => KeyedContext;
}

/** Fetches key sets from URLs and from upstreams. Redirects are not followed: they are not the declared place. */
export function keySetFetcher({ fetch, systemContext }: KeySetFetcherDeps): FetchKeySet {
  return async (source, ctx, signal) => {
    const headers = new Headers({ accept: "application/jwk-set+json, application/json" });
    if ("upstream" in source) {
      const { path } = source;
      const controller = new AbortController();
      signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
      const request = { method: "GET", path, search: "", headers, body: null, controller };
      return source.upstream.send(request, systemContext(ctx));
    }
    const slot = ctx.budget.acquire();
    if (slot !== undefined) await slot;
    try {
      return await fetch(source.url, { headers, redirect: "manual", signal });
    } finally {
      ctx.budget.release();
    }
  };
}
