import { inSlot } from "../budget.ts";
import type { Calendar } from "../calendar/period.ts";
import type { KeyedContext } from "../context.ts";
import type { Deps } from "../deps.ts";
import type { Refusal } from "../errors/refusal.ts";
import type { Countable } from "../limits/limit-key.ts";
import { uncounted } from "../limits/refusals.ts";
import { causeText } from "../observe/cause.ts";
import type { QuotaGrant } from "../stores/quotas/quota-store.ts";
import type { Quota } from "./quota.ts";
import { countedBy, quotaKey } from "./quota-key.ts";
import { unusableQuotaCost } from "./refusals.ts";

/** What quotas need of a request. */
export type Counting = Countable & Pick<KeyedContext, "record" | "budget" | "execution">;

/** What quotas work with. */
export type QuotaTools = Pick<Deps, "quotas" | "log" | "now">;

/** What came of asking for one quota. */
export interface QuotaAttempt {
  readonly quota: Quota;
  readonly limit: number;
  readonly calendar: Calendar;
  readonly cost: number;
  readonly key: string;
  /** What the store answered; undefined where it was not asked, or did not. */
  readonly grant: QuotaGrant | undefined;
  /** Why the request is refused where the store has no say. */
  readonly failure: Refusal | undefined;
}

/** Whether the quota would have the request refused. */
export function isRefused({ grant, failure }: QuotaAttempt): boolean {
  return grant === undefined ? failure !== undefined : !grant.allowed;
}

/** Asks for one quota. Never rejects. */
export async function attempt(quota: Quota, ctx: Counting, tools: QuotaTools): Promise<QuotaAttempt> {
  const limit = quota.limitOf(ctx);
  const calendar = quota.calendarOf(ctx);
  const cost = quota.costOf(ctx, limit);
  const asked = { quota, limit, calendar, cost: cost ?? 0, key: "", grant: undefined, failure: undefined };
  if (cost === undefined) return { ...asked, failure: unusableQuotaCost(quota.costSource, limit) };
  const key = await quotaKey(quota.prefix, quota.parts, ctx);
  const { warnAt: at, warnTo: to } = quota;
  const warnings =
    at.length === 0 ? undefined : { at, to, counted: to === undefined ? [] : countedBy(quota.parts, ctx) };
  const slot = ctx.budget.acquire();
  if (slot !== undefined) await slot;
  try {
    const left = ctx.budget.remaining(tools.now());
    const ask = { quota: quota.name, calendar, limit, cost, warnings };
    return { ...asked, key, grant: await tools.quotas.take(key, ask, left) };
  } catch (error) {
    ctx.record.notes ??= [];
    ctx.record.notes.push(`quota store failed: ${error instanceof Error ? error.message : String(error)}`);
    return { ...asked, key, failure: quota.onStoreFailure === "allow" ? undefined : uncounted(error) };
  } finally {
    ctx.budget.release();
  }
}

/** Gives back what was taken, after the answer. What cannot be given back stays counted, and the log tells. */
export function release(attempts: readonly QuotaAttempt[], ctx: Counting, { quotas, log }: QuotaTools): void {
  for (const { key, grant, cost } of attempts) {
    if (grant === undefined || grant.taken === 0) continue;
    const given = inSlot(ctx.budget, () => quotas.release(key, grant.taken, cost));
    ctx.execution.waitUntil(
      given.catch((error: unknown) => {
        log({ level: "warn", event: "quota-not-released", cause: causeText(error) });
      }),
    );
  }
}
