import type * as z from "zod";
import type { KeyedContext } from "../context.ts";
import type { Resolved, Tools } from "../policies/policy.ts";

/** What answers a route. It stands in the shared half, so it sees only the {@link KeyedContext}. */
export type Action = (ctx: KeyedContext) => Response | Promise<Response>;

/** An action's module: the same shape as a policy's. */
export interface ActionModule<Input, Output> {
  options(): z.ZodType<Output, Input>;
  create(options: Resolved<Output>, tools: Tools): Action;
}
