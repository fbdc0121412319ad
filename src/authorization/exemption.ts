import type { RequestContext } from "../context.ts";
import { condition } from "./language/evaluate.ts";
import type { Expression } from "./language/expression.ts";

/**
 * Whether a request is exempt from a limit. What cannot be judged exempts nobody, and the access log says why.
 * @param limit the limit's name
 */
export function createExemption(when: Expression, limit: string): (ctx: RequestContext) => boolean {
  const holds = condition(when);
  return (ctx) => {
    try {
      return holds(ctx);
    } catch (error) {
      const why = error instanceof Error ? error.message : "it failed";
      ctx.record.notes ??= [];
      ctx.record.notes.push(`exempt of the limit ${limit} cannot be judged: ${why}`);
      return false;
    }
  };
}
