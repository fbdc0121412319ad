import type { KeyedContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import type { KeySetCaller, RemoteKeySource } from "../key-sets.ts";
import { keySetAddress } from "./discovery.ts";

/** Gets the document at a key source. Takes its slot of the request's budget, and stops when the signal aborts. */
export type FetchKeySet = (
  source: RemoteKeySource,
  ctx: KeySetCaller,
  signal: AbortSignal,
) => Promise<Response>;

/** What {@link keySetFetcher} works with. */
export interface KeySetFetcherDeps {
  readonly fetch: Deps["fetch"];
  /** The context of a call that the gateway makes for itself. */
  readonly systemContext: (ctx: KeySetCaller) => KeyedContext;
}

/**
 * Fetches key sets from URLs, from where an issuer's metadata say, and from upstreams. Redirects are not followed: they
 * are not the declared place.
 */
export function keySetFetcher({ fetch, systemContext }: KeySetFetcherDeps): FetchKeySet {
  const get = async (url: string, accept: string, { budget }: KeySetCaller, signal: AbortSignal) => {
    const slot = budget.acquire();
    if (slot !== undefined) await slot;
    try {
      return await fetch(url, { headers: new Headers({ accept }), redirect: "manual", signal });
    } finally {
      budget.release();
    }
  };
  return async (source, ctx, signal) => {
    if ("upstream" in source) {
      const { path } = source;
      const headers = new Headers({ accept: KEY_SET });
      const controller = new AbortController();
      signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
      const request = { method: "GET", path, search: "", headers, body: null, controller };
      return source.upstream.send(request, systemContext(ctx));
    }
    if ("url" in source) return get(source.url, KEY_SET, ctx, signal);
    // Asked again each time: an issuer may move its keys as well as change them.
    const metadata = await get(source.discovery, "application/json", ctx, signal);
    return get(await keySetAddress(metadata, source.issuer), KEY_SET, ctx, signal);
  };
}

const KEY_SET = "application/jwk-set+json, application/json";
