import { Budget } from "../budget.ts";
import type { KeyedContext } from "../context.ts";
import type { ErrorCode } from "../errors/catalog.ts";
import { type Refusal, RefusalError, refuse } from "../errors/refusal.ts";
import { withBudget } from "../keyed.ts";
import { causeText } from "../observe/cause.ts";
import type { Tools } from "../policies/policy.ts";
import { Calls } from "./calls.ts";
import { type FunctionContext, functionContext } from "./context.ts";
import { inTime } from "./in-time.ts";
import { SharedBudget } from "./shared-budget.ts";

/** A user's function that is run beside the road. */
export interface Hook<F> {
  readonly run: F;
  /** ms */
  readonly timeout: number;
  /** What becomes of the request where the hook throws, is late or gives nonsense. */
  readonly onFailure: "allow" | "deny";
}

/** One run of a hook. */
export interface HookRun<T> {
  /** What the log calls it. */
  readonly name: string;
  readonly run: (ctx: FunctionContext) => unknown;
  /** Makes of what the hook gave what is wanted of it. @throws where that is nonsense */
  readonly take: (given: unknown) => T;
  /** Whether it may speak although the request's deadline has passed. */
  readonly afterDeadline?: true;
}

/** Contexts that were given to hooks. */
const ofHooks = new WeakSet<KeyedContext>();

/** Whether it is a hook that calls. Its calls are not hooked themselves: that would go round for ever. */
export function isHooksOwn(ctx: KeyedContext): boolean {
  return ofHooks.has(ctx);
}

/**
 * Runs a hook, and what it calls, within its time.
 * @returns undefined too where it failed and the request goes on all the same
 * @throws RefusalError where it failed and the request must not go on
 */
export async function runHook<T>(
  { timeout, onFailure }: Hook<unknown>,
  { name, run, take, afterDeadline }: HookRun<T>,
  ctx: KeyedContext,
  tools: Tools,
): Promise<T | undefined> {
  const { now } = tools.deps;
  const until = now() + timeout;
  const calls = new Calls();
  const own = withBudget(ctx, new SharedBudget(ctx.budget, until));
  const time = afterDeadline ? { budget: new Budget(until) } : own;
  ofHooks.add(own);
  try {
    return take(await inTime(run(functionContext(own, tools, calls)), time, tools.deps));
  } catch (error) {
    calls.end();
    const late = ctx.budget.deadlineAt > until && codeOf(error) === "deadline-exceeded";
    const cause = `the ${name} hook failed: ${late ? `it took longer than ${timeout} ms` : reasonOf(error)}`;
    if (onFailure === "deny")
      throw new RefusalError(late ? refuse("internal-error", { cause }) : refusalOf(error, cause));
    ctx.record.notes ??= [];
    ctx.record.notes.push(cause);
    return undefined;
  }
}

function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof RefusalError ? error.refusal.code : undefined;
}

/** A refusal that the hook met and passes on stays what it is. */
function refusalOf(error: unknown, cause: string): Refusal {
  if (!(error instanceof RefusalError)) return refuse("internal-error", { cause });
  const { code, details } = error.refusal;
  return refuse(code, { ...details, cause });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof RefusalError)) return causeText(error);
  const { code, details } = error.refusal;
  const cause = details.cause ?? details.detail;
  return cause === undefined ? code : `${code}: ${causeText(cause)}`;
}
