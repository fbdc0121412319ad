import * as z from "zod";
import { type BodyContext, functionContext } from "../../functions/context.ts";
import { inTime } from "../../functions/in-time.ts";
import { BoundedBody } from "../../http/body.ts";
import type { Resolved, Tools } from "../../policies/policy.ts";
import type { Action } from "../action.ts";

/** What a handler sees. @typeParam P the route's path parameters. */
export type HandlerContext<P = Readonly<Record<string, string>>> = BodyContext<P>;

/** A user's function that answers a route. What is not a Response is sent as JSON. */
export type HandlerFunction<P = Readonly<Record<string, string>>> = (
  ctx: HandlerContext<P>,
) => Response | object | Promise<Response | object>;

/** A handler's body is read whole, so it is bounded where no `bodyLimit` is declared too: 10 MB. */
const BODY_LIMIT = 10_000_000;

/** @returns the schema of a handler: a function. */
export function options() {
  const schema: z.ZodType<HandlerFunction, HandlerFunction> = z.custom<HandlerFunction>(
    (value) => typeof value === "function",
    "is a function",
  );
  return schema;
}

export function create(handler: Resolved<HandlerFunction>, tools: Tools): Action {
  return async (ctx) => {
    ctx.lookOut?.();
    const body = new BoundedBody(ctx.body, ctx.plan.road.bodyLimit ?? BODY_LIMIT);
    const answer = await inTime(
      handler(
        Object.assign(functionContext(ctx, tools), { json: () => body.json(), text: () => body.text() }),
      ),
      ctx,
      tools.deps,
    );
    // A copy, because the user's Response may have immutable headers.
    return answer instanceof Response ? new Response(answer.body, answer) : Response.json(answer);
  };
}
