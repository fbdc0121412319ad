import { RefusalError } from "../errors/refusal.ts";
import type { Countable } from "../limits/limit-key.ts";
import type { ConcurrencyLimit } from "./limit.ts";
import { type OccupyTools, occupy, release } from "./occupy.ts";
import type { Holding } from "./permits.ts";
import { untilBodyEnds } from "./until-body-ends.ts";

/** What is to be done with permits in hand. */
export interface HeldWork {
  /** The method of what is answered. */
  readonly method: string;
  /** Nobody waits for it any longer once this aborts. */
  readonly calledOff?: AbortSignal | undefined;
  readonly proceed: () => Promise<Response>;
}

/**
 * Proceeds with a permit of each limit, and gives them back when the answer's headers are there or its body has ended.
 * @throws RefusalError where there is none, and what `proceed` throws
 */
export async function hold(
  limits: readonly ConcurrencyLimit[],
  ctx: Holding & Countable,
  tools: OccupyTools,
  { method, calledOff, proceed }: HeldWork,
): Promise<Response> {
  const taken = await occupy(limits, ctx, tools, calledOff);
  if ("refusal" in taken) {
    // Why nobody waits any longer says more than that there was no room.
    const reason: unknown = calledOff?.aborted ? calledOff.reason : undefined;
    throw reason instanceof RefusalError ? reason : new RefusalError(taken.refusal);
  }
  let response: Response;
  try {
    response = await proceed();
  } catch (error) {
    release(taken.untilBody);
    throw error;
  } finally {
    release(taken.untilHeaders);
  }
  return taken.untilBody.length === 0 ? response : untilBodyEnds(response, method, ctx, taken.untilBody);
}
