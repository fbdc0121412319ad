import type { Attempt, Limited, LimitTools } from "./attempt.ts";
import { charge } from "./charge.ts";
import { MAX_UNITS } from "./limit.ts";
import { release } from "./release.ts";

/** A cost that the answer tells. */
export interface ResponseCost {
  /** The answer's header field that says it. */
  readonly response: `headers.${string}`;
  /** Units taken before; 0 where it is only looked whether there are any. */
  readonly atFirst: number;
  /** Units where the field is not there, or says no whole number. */
  readonly otherwise: number;
}

/**
 * Charges what an answer says it costs, less what was taken at first; what was too much is given back.
 * @param attempts what was asked for the request
 */
export function settleCosts(
  attempts: readonly Attempt[],
  headers: Headers,
  ctx: Limited,
  tools: LimitTools,
): void {
  for (const made of attempts) {
    const { limit, take, outlook, state } = made;
    const { costAfter } = limit;
    // What is on trial and had no room has taken nothing.
    if (costAfter === undefined || take === undefined || outlook?.allowed !== true) continue;
    const told = costTold(headers, costAfter);
    if (told === undefined) {
      ctx.record.notes ??= [];
      ctx.record.notes.push(`the answer does not say what it costs of the limit ${limit.name}`);
    }
    const more = (told ?? costAfter.otherwise) - costAfter.atFirst;
    if (more > 0) {
      charge(limit, { ...take, cost: more }, ctx, tools);
      if (state !== undefined) state.remaining = Math.max(0, state.remaining - more);
    } else if (more < 0) release([{ ...made, take: { ...take, cost: -more } }], ctx, tools);
  }
}

function costTold(headers: Headers, { response }: ResponseCost): number | undefined {
  const text = headers.get(response.slice("headers.".length));
  if (text === null || !/^\d{1,15}$/.test(text)) return undefined;
  return Math.min(Number(text), MAX_UNITS);
}
