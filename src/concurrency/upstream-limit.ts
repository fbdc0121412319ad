import type { Deps } from "../deps.ts";
import type { UpstreamLayer } from "../upstream/upstream.ts";
import { hold } from "./hold.ts";
import { makeUpstreamLimit, type UpstreamConcurrency } from "./limit.ts";

/** Makes the concurrency limit of an upstream: it stands round every call, whoever makes it. */
export function create(
  upstream: string,
  options: UpstreamConcurrency,
  deps: Pick<Deps, "permits" | "random">,
): UpstreamLayer {
  const limits = [makeUpstreamLimit(upstream, options)];
  return (request, ctx, next) =>
    hold(limits, ctx, deps, {
      method: request.method,
      calledOff: request.controller?.signal,
      proceed: () => next(request, ctx),
    });
}
