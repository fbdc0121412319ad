import { dayNumber } from "../calendar/date.ts";
import type { Calendar } from "../calendar/period.ts";
import { costReader } from "../limits/limit.ts";
import {
  type Countable,
  type KeyPart,
  keyPart,
  type LimitKey,
  type LimitValue,
} from "../limits/limit-key.ts";
import type { Mode } from "../observe/report.ts";
import type { WarningTarget } from "../stores/quotas/quota-store.ts";
import { quotaParts, quotaPrefix } from "./quota-key.ts";

/** A quota's options as checked: plain JSON, but for what is declared elsewhere. */
export interface CheckedQuota<Upstream> {
  readonly name: string;
  readonly limit: number;
  readonly calendar: Calendar;
  /** Where a caller's own first day is; `calendar` is for callers without one. */
  readonly anchor?: AnchorSource | undefined;
  /** What a period is called. */
  readonly per: string;
  readonly by?: readonly LimitKey[] | undefined;
  readonly cost: number | LimitValue;
  readonly plans?: Readonly<Record<string, number>> | undefined;
  /** Thousandths, in rising order. */
  readonly warnAt: readonly number[];
  readonly warnTo?: { readonly upstream: Upstream; readonly path: string } | undefined;
  readonly mode: Mode;
  readonly onStoreFailure: "allow" | "deny";
}

/** Of what is known about a caller. */
export type AnchorSource = `identity.claims.${string}`;

/** A quota, ready to be asked for. */
export interface Quota {
  readonly name: string;
  readonly per: string;
  readonly parts: readonly KeyPart[];
  /** What every key of its counters begins with. */
  readonly prefix: string;
  readonly calendarOf: (ctx: Countable) => Calendar;
  readonly limitOf: (ctx: Countable) => number;
  /** Units that a request costs; undefined where it names no number that the limit could ever grant. */
  readonly costOf: (ctx: Countable, limit: number) => number | undefined;
  readonly costSource: LimitValue | undefined;
  readonly warnAt: readonly number[];
  readonly warnTo: WarningTarget | undefined;
  readonly mode: Mode;
  readonly onStoreFailure: "allow" | "deny";
}

/** Makes a quota ready. It is the same on every route: routes that name it count together. */
export function makeQuota(options: CheckedQuota<{ readonly name: string }>): Quota {
  const { name, per, limit, calendar, anchor, by, cost, plans, warnAt, warnTo, mode, onStoreFailure } =
    options;
  const ofPlans = plans && new Map(Object.entries(plans));
  return {
    name,
    per,
    parts: quotaParts(by),
    prefix: quotaPrefix(name),
    calendarOf: anchor === undefined ? () => calendar : anchored(calendar, anchor),
    limitOf: (ctx) => {
      const plan = ofPlans && PLAN.read(ctx);
      return (plan === undefined ? undefined : ofPlans?.get(plan)) ?? limit;
    },
    costOf: typeof cost === "number" ? () => cost : (ctx, limit) => costReader(cost, limit)(ctx),
    costSource: typeof cost === "number" ? undefined : cost,
    warnAt,
    warnTo: warnTo && { upstream: warnTo.upstream.name, path: warnTo.path },
    mode,
    onStoreFailure,
  };
}

const PLAN = keyPart("identity.plan");

/** A caller whose claim is no day has the same periods as one without: it is counted all the same. */
function anchored(calendar: Calendar, anchor: AnchorSource): Quota["calendarOf"] {
  const { read } = keyPart(anchor);
  return (ctx) => {
    const text = read(ctx);
    return (text === undefined ? undefined : withAnchor(calendar, text)) ?? calendar;
  };
}

/**
 * Periods that begin on a day.
 * @param anchor a date `YYYY-MM-DD` on which one begins; for months also a day of the month
 * @returns undefined where that is no such day
 */
export function withAnchor(calendar: Calendar, anchor: string): Calendar | undefined {
  const day = dayNumber(anchor);
  if ("days" in calendar) return day === undefined ? undefined : { ...calendar, from: day };
  const dayOfMonth = day === undefined ? Number(anchor) : Number(anchor.slice(8));
  const isDay = Number.isInteger(dayOfMonth) && dayOfMonth >= 1 && dayOfMonth <= 31;
  return isDay ? { ...calendar, dayOfMonth } : undefined;
}
