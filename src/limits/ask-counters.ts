import type { LocalCounterStore, SharedCounterStore, Take } from "../stores/counters/counter-store.ts";
import {
  type Attempt,
  granted,
  type Limited,
  type LimitTools,
  result,
  type Use,
  unanswered,
} from "./attempt.ts";
import type { Leases } from "./leases.ts";
import type { Limit } from "./limit.ts";

/** The shorter of the periods that a shield may count over, in ms; it does not say which is its own. */
const SHIELD_MS = 10_000;

/**
 * Asks whoever counts the limit for what the request costs: its leases, the store, or first the shield in front.
 * @param use what is to be made of the answer; called at once where the answer is there
 */
export function askCounters<T>(
  limit: Limit,
  take: Take,
  ctx: Limited,
  tools: LimitTools,
  use: Use<T>,
): T | Promise<T> {
  const { counters } = tools;
  if (!counters.remote) return use(askLocal(limit, take, ctx, counters), ctx, tools);
  if (limit.shield !== undefined) return askShield(limit, limit.shield, take, ctx, counters, tools, use);
  return askShared(limit, take, ctx, counters, tools, use);
}

function askShared<T>(
  limit: Limit,
  take: Take,
  ctx: Limited,
  counters: SharedCounterStore,
  tools: LimitTools,
  use: Use<T>,
): T | Promise<T> {
  const { leases } = counters;
  return leases !== undefined && limit.leased
    ? askLeases(limit, take, ctx, leases, tools, use)
    : askStore(limit, take, ctx, counters, tools, use);
}

/** What the shield lets pass, or cannot say, the limit itself is asked. */
async function askShield<T>(
  limit: Limit,
  name: string,
  take: Take,
  ctx: Limited,
  counters: SharedCounterStore,
  tools: LimitTools,
  use: Use<T>,
): Promise<T> {
  let refuses = false;
  try {
    const shield = counters.shield?.(name);
    if (shield === undefined) throw new Error("there is no such binding");
    refuses = !(await shield.limit({ key: take.key })).success;
  } catch (error) {
    ctx.record.notes ??= [];
    ctx.record.notes.push(`shield ${name} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!refuses) return askShared(limit, take, ctx, counters, tools, use);
  return use(result(limit, take, { allowed: false, remaining: 0, resetMs: SHIELD_MS }), ctx, tools);
}

function askLeases<T>(
  limit: Limit,
  take: Take,
  ctx: Limited,
  leases: Leases,
  tools: LimitTools,
  use: Use<T>,
): T | Promise<T> {
  try {
    const grant = leases.take(take, limit, ctx);
    if (!(grant instanceof Promise)) return use(granted(limit, take, grant), ctx, tools);
    return grant.then(
      (grant) => use(granted(limit, take, grant), ctx, tools),
      (error) => use(unanswered(limit, take, error, ctx), ctx, tools),
    );
  } catch (error) {
    return use(unanswered(limit, take, error, ctx), ctx, tools);
  }
}

function askLocal(limit: Limit, take: Take, ctx: Limited, counters: LocalCounterStore): Attempt {
  try {
    if (limit.operation === "peek") return result(limit, take, counters.peek(take));
    return granted(limit, take, counters.take(take));
  } catch (error) {
    return unanswered(limit, take, error, ctx);
  }
}

async function askStore<T>(
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
    else made = granted(limit, take, await counters.take(take, left));
  } catch (error) {
    made = unanswered(limit, take, error, ctx);
  } finally {
    ctx.budget.release();
  }
  return use(made, ctx, tools);
}
