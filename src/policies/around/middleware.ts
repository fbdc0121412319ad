import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { changeable, checkAnswer } from "../../functions/answer.ts";
import { HonoApp } from "../../functions/hono-app.ts";
import { inTime } from "../../functions/in-time.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

/**
 * A Hono middleware, or a list of them from the outermost in. They stand round everything the route does, before
 * limits and authentication: `next()` does all of it, and `c.res` is then the answer that the caller is due, refusals
 * and cache hits included. After them come only CORS, security headers and the request id.
 *
 * They see the whole request, its path normalised, but no environment: `c.env` is empty. Headers and body of a
 * request put in `c.req.raw` go on; its method and URL must stay, because the route is found by them. One that throws
 * an HTTPException answers with it. Anything else thrown, no answer, or none by the deadline refuses the request.
 */
export type MiddlewareOptions = MiddlewareHandler;

/** A route may have several; they share a context. */
export const repeatable = true;

/** @returns the schema of {@link MiddlewareOptions}. */
export function options() {
  const schema: z.ZodType<MiddlewareOptions, MiddlewareOptions> = z.custom<MiddlewareOptions>(
    (value) => typeof value === "function",
    "is a Hono middleware: a function (c, next) => …",
  );
  return schema;
}

export function create(middleware: Resolved<readonly MiddlewareHandler[]>, { deps }: Tools): Policy {
  const app = new HonoApp(middleware);
  return {
    async around(ctx, proceed) {
      let given: Response | undefined;
      const answer = await inTime(
        app.answer(ctx, async (request) => {
          given = await proceed(request);
          return given;
        }),
        ctx,
        deps,
      );
      if (given === undefined) {
        ctx.record.notes ??= [];
        ctx.record.notes.push("answered by middleware");
      }
      const checked = checkAnswer(answer, ctx.plan.websocket);
      return checked === given ? checked : changeable(checked);
    },
  };
}
