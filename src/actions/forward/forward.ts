import * as z from "zod";
import type { KeyedContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { joinQueries } from "../../http/query.ts";
import { responseHeaders } from "../../http/response-headers.ts";
import { isWebSocketUpgrade } from "../../http/websocket.ts";
import { normalisePath } from "../../match/normalise.ts";
import type { Resolved } from "../../policies/policy.ts";
import { compileTarget } from "../../references/target.ts";
import type { Template } from "../../references/template.ts";
import { duration } from "../../schema/duration.ts";
import { template } from "../../schema/template.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import { countedBody } from "../../upstream/counted-body.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { forwardHeaders } from "../../upstream/origin-request.ts";
import type { UpstreamRequest } from "../../upstream/upstream.ts";
import type { Action } from "../action.ts";

/** Sends the request on to an upstream and its answer back; both bodies stream. */
export interface ForwardOptions {
  readonly upstream: UpstreamDeclaration;
  /**
   * The path at the upstream, with references and, if it has a `?`, a query of its own. The request's query is
   * appended, without the parameters that this one sets. Default: the request's normalised path.
   */
  readonly path?: string;
  /** Taken off the front of the request's path; not together with `path`. */
  readonly stripPrefix?: string;
  /** Time until the upstream's response headers, such as `"2s"`. Default: what is left of the deadline. */
  readonly timeout?: string;
}

interface Compiled {
  upstream: UpstreamDeclaration;
  path?: Template | undefined;
  stripPrefix?: string | undefined;
  timeout?: number | undefined;
}

/** @returns the schema of {@link ForwardOptions}. */
export function options() {
  const schema: z.ZodType<Compiled, ForwardOptions> = z
    .strictObject({
      upstream: upstreamSchema(),
      path: z.string().startsWith("/").pipe(template()).optional(),
      stripPrefix: z
        .string()
        .regex(/^\/.*[^/]$/, "begins with / and does not end with it")
        .refine((prefix) => normalisePath(prefix) === prefix, "is not how a request's path is normalised")
        .optional(),
      timeout: duration().optional(),
    })
    .refine(
      ({ path, stripPrefix }) => path === undefined || stripPrefix === undefined,
      "takes path or stripPrefix, not both",
    );
  return schema;
}

export function create({ upstream, path, stripPrefix, timeout }: Resolved<Compiled>): Action {
  const rewrite = path && compileTarget(path as Template);
  return async (ctx) => {
    let target = ctx.path;
    let { search } = ctx;
    if (rewrite !== undefined) {
      const rewritten = rewrite(ctx.scope());
      target = rewritten.path;
      search = joinQueries(rewritten.search, search);
    } else if (
      stripPrefix !== undefined &&
      (target === stripPrefix || target.startsWith(`${stripPrefix}/`))
    ) {
      target = target.slice(stripPrefix.length) || "/";
    }
    const upgrade = ctx.plan.websocket && isWebSocketUpgrade(ctx.headers);
    const response = await upstream.send(
      {
        method: ctx.method,
        path: target,
        search,
        headers: forwardHeaders(ctx, upgrade),
        ...upload(ctx),
        ...(timeout !== undefined && { timeout }),
      },
      ctx,
    );
    return responseHeaders(response);
  };
}

/** The body as it goes on: counted where a limit is declared and the client does not say how long it is. */
function upload({ body, headers, plan }: KeyedContext): Pick<UpstreamRequest, "body" | "controller"> {
  const { bodyLimit } = plan.road;
  if (body === null || bodyLimit === undefined || headers.has("content-length")) return { body };
  const { stream, controller } = countedBody(body, bodyLimit, () => tooLarge(bodyLimit));
  return { body: stream, controller };
}

function tooLarge(limit: number): Refusal {
  return refuse("body-too-large", { detail: `At most ${limit} bytes.` });
}
