import * as z from "zod";
import { dayNumber } from "../calendar/date.ts";
import type { Calendar } from "../calendar/period.ts";
import { isZone } from "../calendar/zone.ts";
import { claimSchema, limitKeysSchema, limitNameSchema, requestValueSchemas } from "../limits/key-schema.ts";
import type { QuotaOptions } from "../policies/limit/quota.ts";
import { absolutePath } from "../schema/absolute-path.ts";
import { mode } from "../schema/mode.ts";
import { upstreamSchema } from "../schema/upstream.ts";
import type { UpstreamDeclaration } from "../upstream/declare.ts";
import { type AnchorSource, type CheckedQuota, withAnchor } from "./quota.ts";

/** Together with thousandths this stays exact. */
const MAX_UNITS = 1_000_000_000_000;
/** The longest cost that a request may name has nine digits. */
const MAX_COST = 999_999_999;
const MOST_DAYS = 366;
/** 1970-01-05. */
const A_MONDAY = 4;

const HOW_COST =
  'must be a whole number from 1, or "query.<name>", "headers.<name>", "params.<name>" or "identity.claims.<name>"';
const HOW_PERIOD = 'must be "day", "week", "month" or { days: n }';
const HOW_ANCHOR = 'must be a date such as "2026-01-15", a day of the month, or "identity.claims.<name>"';

/** Schema of {@link QuotaOptions}; build only. */
export function quotaSchema() {
  const units = z.int().min(1).max(MAX_UNITS);
  const claim = claimSchema();
  const values = requestValueSchemas();
  const share = z
    .number()
    .gt(0)
    .max(1)
    .refine((share) => Number.isInteger(Math.round(share * 1e6) / 1_000), "has at most three decimals");
  const schema: z.ZodType<CheckedQuota<UpstreamDeclaration>, QuotaOptions> = z
    .strictObject({
      name: limitNameSchema(),
      limit: units,
      period: z.union(
        [z.enum(["day", "week", "month"]), z.strictObject({ days: z.int().min(1).max(MOST_DAYS) })],
        { error: HOW_PERIOD },
      ),
      timeZone: z
        .string()
        .refine(isZone, 'is no time zone: write its IANA name, such as "Europe/Berlin"')
        .default("UTC"),
      anchor: z
        .union(
          [
            z.int(HOW_ANCHOR).min(1, HOW_ANCHOR).max(31, HOW_ANCHOR),
            z.string().refine((text) => claim.safeParse(text).success || isDate(text), HOW_ANCHOR),
          ],
          { error: HOW_ANCHOR },
        )
        .optional(),
      by: limitKeysSchema().optional(),
      cost: z.union([units.max(MAX_COST), ...values], { error: HOW_COST }).default(1),
      plans: z
        .record(z.string().min(1).max(128), units)
        .refine((plans) => Object.keys(plans).length > 0, "names no plan")
        .optional(),
      warnAt: z.array(share).max(10).readonly().default([]),
      warnTo: z.strictObject({ upstream: upstreamSchema(), path: absolutePath() }).optional(),
      mode: mode(),
      onStoreFailure: z.enum(["allow", "deny"]).default("deny"),
    })
    .superRefine(({ limit, period, anchor, plans = {}, cost, warnAt, warnTo }, ctx) => {
      const say = (key: string, message: string) => ctx.addIssue({ code: "custom", path: [key], message });
      if (period === "day" && anchor !== undefined) say("anchor", "every day begins at midnight");
      if (typeof period === "object" && anchor === undefined)
        say("anchor", `is missing: a date on which such a period begins, such as "2026-01-01"`);
      if (period !== "month" && typeof anchor === "number")
        say("anchor", 'a day of the month is for period: "month" alone');
      const least = Math.min(limit, ...Object.values(plans));
      if (typeof cost === "number" && cost > least)
        say("cost", `must be at most ${least}: more could never be granted`);
      if (warnTo !== undefined && warnAt.length === 0) say("warnTo", "warnAt says at which shares");
    })
    .transform(({ period, timeZone, anchor, warnAt, ...rest }) => {
      const calendar = calendarOf(period, timeZone);
      const isClaim = typeof anchor === "string" && anchor.startsWith("identity.");
      return {
        ...rest,
        calendar:
          anchor === undefined || isClaim ? calendar : (withAnchor(calendar, String(anchor)) ?? calendar),
        ...(isClaim && { anchor: anchor as AnchorSource }),
        per: typeof period === "string" ? period : period.days === 1 ? "day" : `${period.days} days`,
        warnAt: [...new Set(warnAt.map((share) => Math.round(share * 1_000)))].toSorted((a, b) => a - b),
      };
    });
  return schema;
}

function isDate(text: string): boolean {
  return dayNumber(text) !== undefined;
}

/** Without an anchor: weeks begin on Monday, months on their first. */
function calendarOf(period: QuotaOptions["period"], zone: string): Calendar {
  if (period === "month") return { zone, dayOfMonth: 1 };
  if (period === "week") return { zone, days: 7, from: A_MONDAY };
  return { zone, days: period === "day" ? 1 : period.days, from: 0 };
}
