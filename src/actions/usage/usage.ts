import * as z from "zod";
import { isoIn } from "../../calendar/zone.ts";
import type { KeyedContext } from "../../context.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import type { QuotaOptions } from "../../policies/limit/quota.ts";
import type { Resolved, Tools } from "../../policies/policy.ts";
import { type CheckedQuota, makeQuota, type Quota } from "../../quotas/quota.ts";
import { CALLER, quotaKey } from "../../quotas/quota-key.ts";
import { quotaSchema } from "../../quotas/schema.ts";
import type { Reference } from "../../references/template.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { Action } from "../action.ts";

/**
 * Tells callers how much of their quotas they have used: their own and nobody else's, because it counts as the quotas do.
 * Costs nothing of them. It may be a route of any path, and of `/_gateway/usage` where it is the one place among the
 * gateway's own that a manifest may give away. Give it the access of the routes that count.
 */
export interface UsageOptions {
  /** The quotas, as they stand on the routes that count. */
  readonly quotas: readonly DeclaredQuota[];
}

/** What `quota({…})` made. */
export interface DeclaredQuota extends QuotaOptions {}

type Checked = CheckedQuota<UpstreamDeclaration>;

interface Compiled {
  readonly quotas: readonly Checked[];
}

export const uses = ["quotas"] as const;
/** What one caller is told must not be stored for others. */
export const unsuited = ["cache"];

/** @returns the schema of {@link UsageOptions}. */
export function options() {
  const schema: z.ZodType<Compiled, UsageOptions> = z.strictObject({
    quotas: z.array(declaredQuota()).min(1).max(10).readonly(),
  });
  return schema;
}

/** A quota as it is on the routes that count; whom it warns is their business. */
function declaredQuota(): z.ZodType<Checked, DeclaredQuota> {
  const schema = quotaSchema();
  return z
    .custom<DeclaredQuota>(
      (value) => typeof value === "object" && value !== null,
      "is no quota: give it the one that quota({…}) made",
    )
    .transform((value, ctx) => {
      const { data, error } = schema.safeParse(value);
      for (const { path, message } of error?.issues ?? []) ctx.addIssue({ code: "custom", path, message });
      return data === undefined ? z.NEVER : { ...data, warnAt: [], warnTo: undefined };
    });
}

/** What of a request tells whose usage it is. */
export function requestReferences({ quotas }: Compiled): Array<{ path: string[]; reference: Reference }> {
  return quotas.flatMap(({ by = CALLER }, index) =>
    by.flatMap((source) => {
      const [root = "", ...rest] = source.split(".");
      return rest.length === 0
        ? []
        : [{ path: ["quotas", String(index)], reference: [root, ...rest] as const }];
    }),
  );
}

/** A caller who may say for whom it asks could ask for anybody. */
export function check({ quotas }: Compiled): Array<{ path: string[]; reason: string; suggestion: string }> {
  return quotas.flatMap(({ by = [] }, index) =>
    by
      .filter((source) => /^(?:params|query|headers)\./.test(source))
      .map((source) => ({
        path: ["quotas", String(index), "by"],
        reason: `it counts by "${source}", and whoever asks could name another's`,
        suggestion: "Leave it out: only what counts by who calls can be told.",
      })),
  );
}

export function create(
  options: Resolved<Compiled>,
  { deps }: { readonly deps: Pick<Tools["deps"], "quotas" | "now"> },
): Action {
  const quotas = (options.quotas as ReadonlyArray<CheckedQuota<{ readonly name: string }>>).map(makeQuota);
  return async (ctx) => {
    const told = await Promise.all(quotas.map((quota) => usageOf(quota, ctx, deps)));
    return Response.json({ quotas: told }, { headers: { "cache-control": "no-store" } });
  };
}

async function usageOf(
  quota: Quota,
  ctx: KeyedContext,
  { quotas, now }: Pick<Tools["deps"], "quotas" | "now">,
): Promise<object> {
  const limit = quota.limitOf(ctx);
  const calendar = quota.calendarOf(ctx);
  const key = await quotaKey(quota.prefix, quota.parts, ctx);
  const slot = ctx.budget.acquire();
  if (slot !== undefined) await slot;
  try {
    const { used, period } = await quotas.usage(key, calendar, ctx.budget.remaining(now()));
    const { zone } = calendar;
    return {
      name: quota.name,
      period: { start: isoIn(period.start, zone), end: isoIn(period.end, zone), timeZone: zone },
      limit,
      used,
      remaining: Math.max(0, limit - used),
    };
  } catch (cause) {
    throw new RefusalError(refuse("store-unavailable", { cause }));
  } finally {
    ctx.budget.release();
  }
}
