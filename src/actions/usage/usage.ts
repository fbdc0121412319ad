import * as z from "zod";
import { inSlot } from "../../budget.ts";
import { isoIn } from "../../calendar/zone.ts";
import type { KeyedContext } from "../../context.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import type { CheckedMeter } from "../../metering/meter.ts";
import type { ShownCredit } from "../../metering/meters.ts";
import { meterSchema } from "../../metering/schema.ts";
import type { PartName } from "../../parts/part.ts";
import type { QuotaOptions } from "../../policies/limit/quota.ts";
import type { MeterOptions } from "../../policies/personalise/meter.ts";
import type { Resolved, Tools } from "../../policies/policy.ts";
import { type CheckedQuota, makeQuota, type Quota } from "../../quotas/quota.ts";
import { CALLER, quotaKey } from "../../quotas/quota-key.ts";
import { quotaSchema } from "../../quotas/schema.ts";
import type { Reference } from "../../references/template.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { Action } from "../action.ts";

/**
 * Tells callers how much of their quotas they have used, and what credit they have: their own and nobody else's, because
 * it counts as the quotas and meters do. Costs nothing of them. It may be a route of any path, and of `/_gateway/usage`
 * where it is the one place among the gateway's own that a manifest may give away. Give it the access of the routes that
 * count.
 */
export interface UsageOptions {
  /** The quotas, as they stand on the routes that count. */
  readonly quotas?: readonly DeclaredQuota[];
  /** Prepaid meters, as they stand on the routes that they charge for. Those with one `by` take from one credit. */
  readonly credits?: readonly DeclaredMeter[];
}

/** What `quota({…})` made. */
export interface DeclaredQuota extends QuotaOptions {}
/** What `meter({…})` made. */
export interface DeclaredMeter extends MeterOptions {}

type Checked = CheckedQuota<UpstreamDeclaration>;

interface Compiled {
  readonly quotas: readonly Checked[];
  readonly credits: readonly ShownCredit[];
}

/** Only what it shows is in the bundle. */
export const uses = ({ quotas, credits }: Compiled): PartName[] => [
  ...(quotas.length > 0 ? (["quotas"] as const) : []),
  ...(credits.length > 0 ? (["meters"] as const) : []),
];
/** What one caller is told must not be stored for others. */
export const unsuited = ["cache"];

/** @returns the schema of {@link UsageOptions}. */
export function options() {
  const schema: z.ZodType<Compiled, UsageOptions> = z
    .strictObject({
      quotas: z.array(declaredQuota()).max(10).readonly().default([]),
      credits: z.array(declaredMeter()).max(10).default([]).transform(byCredit),
    })
    .refine(
      ({ quotas, credits }) => quotas.length + credits.length > 0,
      "shows nothing: give it quotas or credits",
    );
  return schema;
}

/** A quota as it is on the routes that count; whom it warns is their business. */
function declaredQuota(): z.ZodType<Checked, DeclaredQuota> {
  const schema = quotaSchema();
  return declared<DeclaredQuota>("quota").transform((value, ctx) => {
    const { data, error } = schema.safeParse(value);
    for (const { path, message } of error?.issues ?? []) ctx.addIssue({ code: "custom", path, message });
    return data === undefined ? z.NEVER : { ...data, warnAt: [], warnTo: undefined };
  });
}

/** A meter as it is on the routes that it charges for; where its events go is their business. */
function declaredMeter(): z.ZodType<Pick<CheckedMeter<unknown>, "event" | "by" | "prepaid">, DeclaredMeter> {
  const schema = meterSchema();
  return declared<DeclaredMeter>("meter").transform((value, ctx) => {
    const { data, error } = schema.safeParse(value);
    for (const { path, message } of error?.issues ?? []) ctx.addIssue({ code: "custom", path, message });
    if (data !== undefined && data.prepaid === undefined)
      ctx.addIssue({ code: "custom", path: ["prepaid"], message: "is missing: it takes from no credit" });
    return data ?? z.NEVER;
  });
}

function declared<T extends object>(preset: string) {
  return z.custom<T>(
    (value) => typeof value === "object" && value !== null,
    `is no ${preset}: give it the one that ${preset}({…}) made`,
  );
}

/** Credit is a payer's, whichever meters take from it. */
function byCredit(
  meters: ReadonlyArray<Pick<CheckedMeter<unknown>, "event" | "by" | "prepaid">>,
): ShownCredit[] {
  const groups = Map.groupBy(meters, ({ by }) => by);
  return [...groups].map(([by, those]) => ({
    by,
    meters: those.map(({ event, prepaid }) => ({ event, reserve: prepaid?.reserve ?? 0 })),
  }));
}

/** What of a request tells whose usage it is. */
export function requestReferences({
  quotas,
  credits,
}: Compiled): Array<{ path: string[]; reference: Reference }> {
  const use = (path: string[], source: string) => {
    const [root = "", ...rest] = source.split(".");
    return rest.length === 0 ? [] : [{ path, reference: [root, ...rest] as const }];
  };
  return [
    ...quotas.flatMap(({ by = CALLER }, index) =>
      by.flatMap((source) => use(["quotas", String(index)], source)),
    ),
    ...credits.flatMap(({ by }) =>
      (by === undefined ? CALLER : [by]).flatMap((source) => use(["credits"], source)),
    ),
  ];
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

type UsageTools = Pick<Tools["deps"], "quotas" | "meters" | "now">;

export function create(options: Resolved<Compiled>, { deps }: { readonly deps: UsageTools }): Action {
  const quotas = (options.quotas as ReadonlyArray<CheckedQuota<{ readonly name: string }>>).map(makeQuota);
  const credits = options.credits as readonly ShownCredit[];
  const { meters, now } = deps;
  return async (ctx) => {
    const [used, left] = await Promise.all([
      Promise.all(quotas.map((quota) => usageOf(quota, ctx, deps))),
      Promise.all(
        credits.map((credit) => asked(ctx, () => meters.credit(credit, ctx, ctx.budget.remaining(now())))),
      ),
    ]);
    const told = { ...(used.length > 0 && { quotas: used }), ...(left.length > 0 && { credits: left }) };
    return Response.json(told, { headers: { "cache-control": "no-store" } });
  };
}

async function usageOf(
  quota: Quota,
  ctx: KeyedContext,
  { quotas, now }: Pick<UsageTools, "quotas" | "now">,
): Promise<object> {
  const limit = quota.limitOf(ctx);
  const calendar = quota.calendarOf(ctx);
  const key = await quotaKey(quota.prefix, quota.parts, ctx);
  const { used, period } = await asked(ctx, () => quotas.usage(key, calendar, ctx.budget.remaining(now())));
  const { zone } = calendar;
  return {
    name: quota.name,
    period: { start: isoIn(period.start, zone), end: isoIn(period.end, zone), timeZone: zone },
    limit,
    used,
    remaining: Math.max(0, limit - used),
  };
}

/** Asks a store within what the request may still ask. @throws RefusalError where it does not answer */
async function asked<T>({ budget }: Pick<KeyedContext, "budget">, ask: () => Promise<T>): Promise<T> {
  try {
    return await inSlot(budget, ask);
  } catch (cause) {
    throw new RefusalError(refuse("store-unavailable", { cause }));
  }
}
