import type { KeyedContext, LimitState } from "../context.ts";
import type { Deps } from "../deps.ts";
import type { Refusal } from "../errors/refusal.ts";
import type { Grant, Outlook, Take } from "../stores/counters/counter-store.ts";
import type { Limit } from "./limit.ts";
import type { Countable } from "./limit-key.ts";
import { uncounted } from "./refusals.ts";

/** What limits need of a request, in either of its halves. */
export type Limited = Countable &
  Pick<KeyedContext, "record" | "budget" | "execution"> & { limits?: LimitState[] | undefined };

/** What limits work with. */
export interface LimitTools extends Pick<Deps, "counters" | "log" | "now" | "random"> {
  /** Is told what was taken for a request that may yet be refused by a limit further on. */
  readonly hold?: ((attempts: readonly Attempt[], ctx: Limited) => void) | undefined;
}

/** What is made of an answer. */
export type Use<T> = (made: Attempt, ctx: Limited, tools: LimitTools) => T;

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

/** What the store answered to a take. */
export function granted(limit: Limit, take: Take, grant: Grant): Attempt {
  return result(limit, take, grant, grant.allowed ? grant.at : undefined);
}

/** The store gave no answer: what the limit declares is done. */
export function unanswered(limit: Limit, take: Take, error: unknown, ctx: Limited): Attempt {
  ctx.record.notes ??= [];
  ctx.record.notes.push(`limit store failed: ${error instanceof Error ? error.message : String(error)}`);
  const failure = limit.onStoreFailure === "allow" ? undefined : uncounted(error);
  return result(limit, take, undefined, undefined, failure);
}

export function result(
  limit: Limit,
  take: Take | undefined,
  outlook: Outlook | undefined,
  takenAt?: number,
  failure?: Refusal,
): Attempt {
  return { limit, take, outlook, takenAt, failure, state: undefined };
}
