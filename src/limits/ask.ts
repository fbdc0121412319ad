import type { RequestContext } from "../context.ts";
import type { Take } from "../stores/counters/counter-store.ts";
import { askCounters } from "./ask-counters.ts";
import { type Limited, type LimitTools, result, type Use } from "./attempt.ts";
import { counterKey } from "./counter-key.ts";
import { type Limit, limitFor } from "./limit.ts";
import { lacking, unusableCost } from "./refusals.ts";
import type { Ruled } from "./ruling.ts";

/**
 * Asks for one limit. Never rejects; answers at once where key and store do.
 * @param use what is to be made of the answer.
 */
export function ask<T>(declared: Limit, ctx: Limited, tools: LimitTools, use: Use<T>): T | Promise<T> {
  // Right of the cut there is none: see `schema.ts`.
  const ruled = declared.ruling?.(ctx as Limited & RequestContext);
  return ruled instanceof Promise
    ? ruled.then((settled) => askAs(settled, declared, ctx, tools, use))
    : askAs(ruled, declared, ctx, tools, use);
}

function askAs<T>(
  ruled: Ruled,
  declared: Limit,
  ctx: Limited,
  tools: LimitTools,
  use: Use<T>,
): T | Promise<T> {
  if (ruled === "exempt") {
    noteExempt(declared, ctx);
    return use(result(declared, undefined, undefined), ctx, tools);
  }
  const limit = ruled === undefined ? limitFor(declared, ctx) : declared.withUnits(ruled);
  const { allowance } = limit;
  const missing = limit.required.find(({ isAbsent }) => isAbsent(ctx));
  if (missing !== undefined) {
    return use(result(limit, undefined, undefined, undefined, lacking(missing)), ctx, tools);
  }
  const cost = limit.cost(ctx);
  if (cost === undefined) {
    return use(result(limit, undefined, undefined, undefined, unusableCost(limit)), ctx, tools);
  }
  const key = counterKey(limit.prefix, limit.parts, ctx);
  return typeof key === "string"
    ? askFor(limit, { key, allowance, cost }, ctx, tools, use)
    : key.then((digested) => askFor(limit, { key: digested, allowance, cost }, ctx, tools, use));
}

function askFor<T>(limit: Limit, take: Take, ctx: Limited, tools: LimitTools, use: Use<T>): T | Promise<T> {
  if (limit.penalty === undefined) return askCounters(limit, take, ctx, tools, use);
  const counted = () => askCounters(limit, take, ctx, tools, (made) => made);
  return limit.penalty(limit, take, ctx, tools, counted).then((made) => use(made, ctx, tools));
}

/** Once, though the same limit may be asked for twice: see `onceFailed`. */
function noteExempt({ name }: Limit, { record }: Limited): void {
  const note = `exempt from the limit ${name}`;
  if (record.notes?.includes(note) !== true) record.notes = [...(record.notes ?? []), note];
}
