import { isoIn } from "../calendar/zone.ts";
import { wholeSeconds } from "../limits/ratelimit-fields.ts";
import { LimitRefusal } from "../limits/refusals.ts";
import type { QuotaAttempt } from "./attempt.ts";

/** The refusal of a request that quotas have no room for. It would be refused until the last of their periods ends. */
export function quotaExceeded(attempts: readonly QuotaAttempt[]): LimitRefusal {
  const rules = attempts.map(({ quota, limit, calendar, grant }) => {
    const until = grant === undefined ? "" : ` until ${isoIn(grant.period.end, calendar.zone)}`;
    const noun = quota.costSource === undefined ? "requests" : "units";
    return `${limit} ${noun} per ${quota.per}${until}`;
  });
  const resets = attempts.map(({ grant }) => wholeSeconds(grant?.resetMs ?? 0));
  return new LimitRefusal("quota-exceeded", {
    detail: `At most ${rules.join(" and ")} are allowed.`,
    headers: [["Retry-After", String(Math.max(1, ...resets))]],
    extensions: { "violated-policies": attempts.map(({ quota }) => quota.name) },
  });
}

/** The refusal of a request whose own cost is no number, or more than there can ever be. */
export function unusableQuotaCost(source: string | undefined, limit: number): LimitRefusal {
  return new LimitRefusal("unusable-value", {
    detail: `${source} is not a whole number from 1 to ${limit}.`,
  });
}
