import type { KeyedContext } from "../context.ts";
import { type OriginFacts, originHeaders } from "../http/outbound-headers.ts";
import { identityHeaders } from "../identity/headers.ts";

const ACCEPT_JSON = new Headers({ accept: "application/json" });

/** The headers of a forwarded request: the caller's that may travel on, and the gateway's own. */
export function forwardHeaders(ctx: KeyedContext, websocket: boolean): Headers {
  return originHeaders(ctx.headers, facts(ctx, ctx.body !== null, websocket));
}

/** Made once for a request: the steps of a composition all send the same, and a native copy costs a fifth. */
const made = new WeakMap<KeyedContext, Headers>();

/** The headers of a request that the gateway makes itself: nothing of the caller's but who they are. */
export function stepHeaders(ctx: KeyedContext): Headers {
  let headers = made.get(ctx);
  if (headers === undefined) {
    headers = originHeaders(ACCEPT_JSON, facts(ctx, false, false));
    made.set(ctx, headers);
  }
  return new Headers(headers);
}

function facts(ctx: KeyedContext, body: boolean, websocket: boolean): OriginFacts {
  const { address, scheme, host, id, trace, identity, toOrigin } = ctx;
  const own = identity === undefined ? toOrigin && [] : identityHeaders(identity);
  return {
    address,
    scheme,
    host,
    requestId: id,
    trace,
    body,
    websocket,
    drop: ctx.plan.road.withheld,
    ...(own !== undefined && { identity: toOrigin === undefined ? own : [...toOrigin, ...own] }),
  };
}
