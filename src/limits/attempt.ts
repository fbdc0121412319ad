import type { KeyedContext, LimitState } from "../context.ts";
import type { Deps } from "../deps.ts";
import type { Refusal } from "../errors/refusal.ts";
import type {
  LocalCounterStore,
  Outlook,
  SharedCounterStore,
  Take,
} from "../stores/counters/counter-store.ts";
import { counterKey } from "./counter-key.ts";
import { type Limit, limitFor } from "./limit.ts";
import type { Countable } from "./limit-key.ts";
import { uncounted, unusableCost } from "./refusals.ts";

/** What limits need of a request, in either of its halves. */
export type Limited = Countable &
  Pick<KeyedContext, "record" | "budget" | "execution"> & { limits?: LimitState[] | undefined };

/** What limits work with. */
export interface LimitTools extends Pick<Deps, "counters" | "log" | "now"> {
  /** Is told what was taken for a request that may yet be refused by a limit further on. */
  readonly hold?: ((attempts: readonly Attempt[], ctx: Limited) => void) | undefined;
}

/** What is made of an answer. */
type Use<T> = (made: Attempt, ctx: Limited, tools: LimitTools) => T;

/** What came of asking for one limit. */
export interface Attempt {
  readonly limit: Limit;
  /** What was asked of the store; undefined where it was not asked. */
  readonly take: Take | undefined;
  /** What the store answered; undefined where it did not. */
  readonly outlook: Outlook | undefined;
  /** Where the units were counted that were taken; undefined where none were. */
  readonly takenAt: number | undefined;
  /** Why the request is refused where the store has no say. */
  readonly failure: Refusal | undefined;
  /** What the client is told. */
  state: LimitState | undefined;
}

/** Whether the limit would have the request refused. */
export function isRefused({ outlook, failure }: Attempt): boolean {
  return outlook === undefined ? failure !== undefined : !outlook.allowed;
}

/**
 * Asks for one limit. Never rejects; answers at once where key and store do.
 * @param use what is to be made of the answer.
 */
export function attempt<T>(declared: Limit, ctx: Limited, tools: LimitTools, use: Use<T>): T | Promise<T> {
  const limit = limitFor(declared, ctx);
  const { allowance } = limit;
  const cost = limit.cost(ctx);
  if (cost === undefined) {
    return use(result(limit, undefined, undefined, undefined, unusableCost(limit)), ctx, tools);
  }
  const key = counterKey(limit.prefix, limit.parts, ctx);
  return typeof key === "string"
    ? ask(limit, { key, allowance, cost }, ctx, tools, use)
    : key.then((digested) => ask(limit, { key: digested, allowance, cost }, ctx, tools, use));
}

function ask<T>(limit: Limit, take: Take, ctx: Limited, tools: LimitTools, use: Use<T>): T | Promise<T> {
  const { counters } = tools;
  if (counters.remote) return askShared(limit, take, ctx, counters, tools, use);
  return use(askLocal(limit, take, ctx, counters), ctx, tools);
}

function askLocal(limit: Limit, take: Take, ctx: Limited, counters: LocalCounterStore): Attempt {
  try {
    if (limit.operation === "peek") return result(limit, take, counters.peek(take));
    const grant = counters.take(take);
    return result(limit, take, grant, grant.allowed ? grant.at : undefined);
  } catch (error) {
    return unanswered(limit, take, error, ctx);
  }
}

async function askShared<T>(
  limit: Limit,
  take: Take,
  ctx: Limited,
  counters: SharedCounterStore,
  tools: LimitTools,
  use: Use<T>,
): Promise<T> {
  const slot = ctx.budget.acquire();
  if (slot !== undefined) await slot;
  const left = ctx.budget.remaining(tools.now());
  let made: Attempt;
  try {
    if (limit.operation === "peek") made = result(limit, take, await counters.peek(take, left));
    else {
      const grant = await counters.take(take, left);
      made = result(limit, take, grant, grant.allowed ? grant.at : undefined);
    }
  } catch (error) {
    made = unanswered(limit, take, error, ctx);
  } finally {
    ctx.budget.release();
  }
  return use(made, ctx, tools);
}

function unanswered(limit: Limit, take: Take, error: unknown, ctx: Limited): Attempt {
  ctx.record.notes ??= [];
  ctx.record.notes.push(`limit store failed: ${error instanceof Error ? error.message : String(error)}`);
  const failure = limit.onStoreFailure === "allow" ? undefined : uncounted(error);
  return result(limit, take, undefined, undefined, failure);
}

function result(
  limit: Limit,
  take: Take | undefined,
  outlook: Outlook | undefined,
  takenAt?: number,
  failure?: Refusal,
): Attempt {
  return { limit, take, outlook, takenAt, failure, state: undefined };
}
