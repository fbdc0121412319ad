import { type Attempt, isRefused, type Limited, type LimitTools } from "./attempt.ts";
import { charge } from "./charge.ts";

/** Takes what refused requests cost from the limits that have refused them and count that. */
export function countRefused(attempts: readonly Attempt[], ctx: Limited, tools: LimitTools): void {
  for (const made of attempts) {
    const { limit, take, outlook } = made;
    if (limit.countsRefused && take !== undefined && outlook !== undefined && isRefused(made))
      charge(limit, take, ctx, tools);
  }
}
