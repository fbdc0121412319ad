import type { Deps } from "../deps.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import type { Plan } from "../plan.ts";
import type { Upstream, UpstreamCall, UpstreamRequest } from "./upstream.ts";

/** How an origin is reached: `fetch` itself, a service binding's, or an in-process app's. */
export interface OriginFetch {
  /** Scheme, authority and base path that every request's path is appended to; no trailing slash. */
  readonly base: string;
  fetch(url: string, init: RequestInit): Promise<Response>;
}

const TIMED_OUT = Symbol("timed out");

/** A running upstream with one origin. The only place from which requests leave the gateway. */
export function createUpstream(
  name: string,
  origin: OriginFetch,
  timeout: number | undefined,
  deps: Pick<Deps, "now">,
): Upstream {
  const send: UpstreamCall = async (request, ctx) => {
    const slot = ctx.budget.acquire();
    if (slot !== undefined) await slot;
    const sent = deps.now();
    const left = ctx.budget.remaining(sent);
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(TIMED_OUT),
      Math.min(left, timeout ?? left, request.timeout ?? left),
    );
    const cancel = () => controller.abort(request.signal?.reason);
    request.signal?.addEventListener("abort", cancel, { once: true });
    let status = 0;
    try {
      if (left <= 0) throw new RefusalError(refuse("deadline-exceeded"));
      const response = await exchange(origin, request, controller.signal);
      status = response.status;
      return response;
    } catch (cause) {
      throw cause instanceof RefusalError ? cause : new RefusalError(failure(name, cause, controller.signal));
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", cancel);
      ctx.budget.release();
      ctx.record.upstreams ??= [];
      ctx.record.upstreams.push({ upstream: name, status, ms: deps.now() - sent });
    }
  };
  return { name, send: (request, ctx) => throughLayers(ctx.plan.road.upstream, send)(request, ctx) };
}

/** Puts a route's layers round the call, the first outermost. */
function throughLayers(layers: Plan["road"]["upstream"], send: UpstreamCall): UpstreamCall {
  if (layers.length === 0) return send;
  return layers.reduceRight<UpstreamCall>((next, layer) => (request, ctx) => layer(request, ctx, next), send);
}

/** Resolves with the response headers; rejects as soon as the signal aborts, whatever the origin does. */
function exchange(origin: OriginFetch, request: UpstreamRequest, signal: AbortSignal): Promise<Response> {
  const { method, headers, body } = request;
  return origin.fetch(origin.base + request.path + request.search, {
    method,
    headers,
    body,
    signal,
    redirect: "manual",
  });
}

/**
 * Tells failures apart by whose time ran out. The runtime reports a refused connection, a reset and an answer
 * that is not HTTP with one and the same message, so these are one code.
 */
function failure(name: string, cause: unknown, signal: AbortSignal) {
  if (signal.aborted && signal.reason === TIMED_OUT) {
    return refuse("upstream-timeout", { cause: `${name}: no response headers in time` });
  }
  return refuse("upstream-unreachable", {
    cause: `${name}: ${cause instanceof Error ? cause.message : cause}`,
  });
}
