import * as z from "zod";
import type { ErrorCode } from "../../errors/catalog.ts";
import { type FunctionContext, functionContext } from "../../functions/context.ts";
import { inTime } from "../../functions/in-time.ts";
import { privateContext } from "../../keyed.ts";
import type { UpstreamRequest } from "../../upstream/upstream.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

type Maybe<T> = T | undefined | Promise<T | undefined>;

/** What a hook may change of a request to an upstream. */
export type UpstreamChange = Partial<Pick<UpstreamRequest, "path" | "search" | "headers">>;

/**
 * Functions for what data cannot say. One that throws makes the request fail with `internal-error`, and the
 * exception goes to the log; only `error` falls back to the problem it was asked about.
 */
export interface HooksOptions<P = Readonly<Record<string, string>>> {
  /** When the request has been let in, before the cache. A Response answers it. */
  readonly request?: (ctx: FunctionContext<P>) => Maybe<Response>;
  /** Before each call of an upstream. On a cached route it sees what the cache key holds and no more. */
  readonly upstreamRequest?: (request: UpstreamRequest, ctx: FunctionContext<P>) => Maybe<UpstreamChange>;
  /** After each call of an upstream, before its answer is stored. */
  readonly upstreamResponse?: (response: Response, ctx: FunctionContext<P>) => Maybe<Response>;
  /** On every answer that is no refusal, cache hits included. */
  readonly response?: (response: Response, ctx: FunctionContext<P>) => Maybe<Response>;
  /** On a refusal. A Response replaces the problem. */
  readonly error?: (
    refusal: { readonly code: ErrorCode; readonly status: number },
    ctx: FunctionContext<P>,
  ) => Maybe<Response>;
}

/** @returns the schema of {@link HooksOptions}. */
export function options() {
  const hook = <F>() => z.custom<F>((value) => typeof value === "function", "is a function").optional();
  const schema: z.ZodType<HooksOptions, HooksOptions> = z.strictObject({
    request: hook<HooksOptions["request"]>(),
    upstreamRequest: hook<HooksOptions["upstreamRequest"]>(),
    upstreamResponse: hook<HooksOptions["upstreamResponse"]>(),
    response: hook<HooksOptions["response"]>(),
    error: hook<HooksOptions["error"]>(),
  }) as z.ZodType<HooksOptions, HooksOptions>;
  return schema;
}

export function create(hooks: Resolved<HooksOptions>, tools: Tools): Policy {
  const { request, upstreamRequest, upstreamResponse, response, error } = hooks as HooksOptions;
  return {
    ...(request && {
      async validate(ctx) {
        const answer = await inTime(request(functionContext(privateContext(ctx), tools)), ctx, tools.deps);
        return answer && changeable(answer);
      },
    }),
    ...((upstreamRequest || upstreamResponse) && {
      async upstream(call, ctx, next) {
        const context = functionContext(ctx, tools);
        const change = await inTime(upstreamRequest?.(call, context), ctx, tools.deps);
        const answer = await next({ ...call, ...change }, ctx);
        return (await inTime(upstreamResponse?.(answer, context), ctx, tools.deps)) ?? answer;
      },
    }),
    ...(response && {
      async personalise(ctx, answer) {
        const result = response(answer, functionContext(privateContext(ctx), tools));
        const changed = await inTime(result, ctx, tools.deps);
        return changed === undefined ? answer : changeable(changed);
      },
    }),
    ...(error && {
      async error(ctx, { code, entry }) {
        try {
          const changed = await error(
            { code, status: entry.status },
            functionContext(privateContext(ctx), tools),
          );
          return changed && changeable(changed);
        } catch (cause) {
          ctx.record.notes ??= [];
          ctx.record.notes.push(`the error hook failed: ${cause}`);
          return undefined;
        }
      },
    }),
  };
}

/** A copy, because the user's Response may have headers that cannot be changed. */
function changeable(response: Response): Response {
  return new Response(response.body, response);
}
