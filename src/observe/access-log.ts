import type { RequestContext } from "../context.ts";

/** One line of the access log. The query is left out: it is where callers put what no log should hold. */
export function accessLine(
  ctx: RequestContext,
  status: number,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    time: new Date(ctx.start).toISOString(),
    id: ctx.id,
    trace: ctx.trace.traceId,
    method: ctx.method,
    host: ctx.host,
    path: ctx.path,
    route: ctx.plan.facts.id,
    status,
    ms: now - ctx.start,
    address: ctx.address,
    identity: ctx.identity?.id,
    key: ctx.identity?.key,
    ...ctx.record,
  };
}
